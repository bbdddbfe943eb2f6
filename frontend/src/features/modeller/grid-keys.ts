/** The cells of a column's row, in the order of the grid. */
export const CELLS = [
  "name",
  "type",
  "generator",
  "parameters",
  "nulls",
  "unique",
  "shape",
] as const;
export type Cell = (typeof CELLS)[number];

export interface Cursor {
  row: number;
  /** Its place among the cells that are shown. */
  cell: number;
  /** The other end of the chosen rows. */
  anchor: number;
}

export interface KeyPress {
  key: string;
  /** Command on a Mac, Control elsewhere. */
  mod: boolean;
  alt: boolean;
  shift: boolean;
}

export type Action =
  | { do: "move"; cursor: Cursor }
  | { do: "leave"; back: boolean }
  | { do: "edit"; cell?: Cell; text?: string }
  | {
      do:
        | "toggleUnique"
        | "toggleKey"
        | "open"
        | "clear"
        | "delete"
        | "duplicate"
        | "selectAll"
        | "problem"
        | "problemBack"
        | "fix"
        | "new"
        | "all";
    }
  | { do: "shift"; step: -1 | 1 };

/**
 * What a key does while no cell is edited. `rows` counts the empty last row, which makes a new column; `pageRows` is
 * how many fit the view, `cells` are those that are shown.
 */
export function actionFor(
  press: KeyPress,
  cursor: Cursor,
  rows: number,
  cells: readonly Cell[] = CELLS,
  pageRows = 15,
): Action | undefined {
  const { key, mod, alt, shift } = press;
  const last = rows - 1;
  const lastCell = cells.length - 1;
  const at = (row: number, cell: number, extend = false): Action => {
    const to = Math.min(last, Math.max(0, row));
    return {
      do: "move",
      cursor: {
        row: to,
        cell: Math.min(lastCell, Math.max(0, cell)),
        anchor: extend ? cursor.anchor : to,
      },
    };
  };
  if (alt && !mod) {
    if (key === "ArrowUp") return { do: "shift", step: -1 };
    if (key === "ArrowDown") return { do: "shift", step: 1 };
    if (key === "Enter") return { do: "fix" };
    return undefined;
  }
  if (mod) {
    if (key === "Home") return at(0, 0, shift);
    if (key === "End") return at(last, lastCell, shift);
    if (key === "Backspace" || key === "Delete") return { do: "delete" };
    if (key.toLowerCase() === "d") return { do: "duplicate" };
    if (key.toLowerCase() === "a") return { do: "selectAll" };
    return undefined;
  }
  switch (key) {
    case "ArrowUp":
      return at(cursor.row - 1, cursor.cell, shift);
    case "ArrowDown":
      return at(cursor.row + 1, cursor.cell, shift);
    case "ArrowLeft":
      return at(cursor.row, cursor.cell - 1, shift);
    case "ArrowRight":
      return at(cursor.row, cursor.cell + 1, shift);
    case "PageUp":
      return at(cursor.row - pageRows, cursor.cell, shift);
    case "PageDown":
      return at(cursor.row + pageRows, cursor.cell, shift);
    case "Home":
      return at(cursor.row, 0, shift);
    case "End":
      return at(cursor.row, lastCell, shift);
    case "Tab": {
      // Past either end Tab leaves the grid, so that nobody is caught in it.
      const next = cursor.row * cells.length + cursor.cell + (shift ? -1 : 1);
      if (next < 0 || next >= rows * cells.length) return { do: "leave", back: shift };
      return at(Math.floor(next / cells.length), next % cells.length);
    }
    case "F8":
      return { do: shift ? "problemBack" : "problem" };
    case "Enter":
    case "F2":
      return { do: "edit" };
    case "Backspace":
    case "Delete":
      return { do: "clear" };
    case " ":
      return shift ? { do: "all" } : { do: "open" };
    default:
      return letter(key, cells[cursor.cell]);
  }
}

function letter(key: string, cell: Cell | undefined): Action | undefined {
  if ([...key].length !== 1) return undefined;
  // In a cell that holds text a character replaces it; elsewhere single letters are commands.
  if (cell === "name" || cell === "nulls") return { do: "edit", text: key };
  switch (key.toLowerCase()) {
    case "g":
      return { do: "edit", cell: "generator" };
    case "t":
      return { do: "edit", cell: "type" };
    case "n":
      return { do: "edit", cell: "nulls" };
    case "u":
      return { do: "toggleUnique" };
    case "k":
      return { do: "toggleKey" };
    default:
      return cell === "generator" || cell === "type" ? { do: "edit", text: key } : undefined;
  }
}

/** The chosen rows, from the first to the last; the empty row at the end is never one of them. */
export function chosenRows(cursor: Cursor, columns: number): number[] {
  const [from, to] = [Math.min(cursor.row, cursor.anchor), Math.max(cursor.row, cursor.anchor)];
  return Array.from(
    { length: Math.max(0, Math.min(to, columns - 1) - from + 1) },
    (_, at) => from + at,
  );
}
