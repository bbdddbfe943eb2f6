import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { useState, useSyncExternalStore } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import "@/i18n";
import { TooltipProvider } from "@/ui/tooltip";
import { ColumnGrid } from "./column-grid";
import { ModellerContext, type View } from "./context";
import { DraftStore } from "./draft";
import { LANGUAGE } from "./language.fixture";
import { tablesOf } from "./model";
import { catalogueOf } from "./queries";

vi.mock("@/api/client", () => ({
  client: { POST: async () => ({ data: undefined }) },
  api: {},
  queryClient: {},
}));

const TEXT = `name: shop
tables:
  - name: customer
    primary_key: [id]
    columns:
      - { name: id }
      - { name: status, generator: { type: constant, value: 1 } }
      - { name: mail, generator: { type: formula, sql: status } }
`;

const catalogue = catalogueOf(LANGUAGE, [
  {
    name: "constant",
    group: "relations",
    description: "The same value.",
    example: "{type: constant, value: 5}",
    parameters: [],
    schema: LANGUAGE.$defs?.Generator?.oneOf?.[0] as never,
  },
  {
    name: "formula",
    group: "logic",
    description: "A formula.",
    example: "{type: formula, sql: a}",
    parameters: [],
    schema: LANGUAGE.$defs?.Generator?.oneOf?.[2] as never,
  },
]);

let store: DraftStore;

function Harness({ readOnly = false }: { readOnly?: boolean }) {
  const draft = useSyncExternalStore(store.subscribe, store.get);
  const [view, setView] = useState<View>({ column: "id" });
  const tables = tablesOf(draft.schema);
  const table = tables[0];
  const go = (next: View) => setView((old) => ({ ...old, ...next }));
  return (
    <TooltipProvider>
      <ModellerContext
        value={{
          datasetId: "1",
          store,
          draft,
          catalogue,
          tables,
          table,
          view,
          go,
          problems: [],
          shapes: new Map(),
          readOnly,
          column: table?.columns.find((column) => column.name === view.column),
          plan: { report: undefined, problems: [], ms: 0, pending: false, unreachable: false },
          preview: {
            data: undefined,
            changed: new Set(),
            stale: false,
            ms: 0,
            more: () => undefined,
            again: () => undefined,
            error: undefined,
          },
          save: async () => true,
        }}
      >
        <ColumnGrid />
      </ModellerContext>
    </TooltipProvider>
  );
}

function open(readOnly = false) {
  store = new DraftStore("1", { version: 1, etag: '"a"', text: TEXT }, null);
  render(<Harness readOnly={readOnly} />);
  return screen.getByRole("grid");
}

const cursor = () => document.querySelector<HTMLElement>("[data-cursor]") as HTMLElement;
const press = (key: string, more: object = {}) => fireEvent.keyDown(cursor(), { key, ...more });
const names = () => tablesOf(store.get().schema)[0]?.columns.map((column) => column.name);

afterEach(cleanup);

describe("the grid of columns", () => {
  it("has one cell that takes the focus, and its arrows move it", () => {
    const grid = open();
    expect(grid.querySelectorAll("td[tabindex='0']")).toHaveLength(1);
    expect(within(cursor()).getByText("id")).toBeTruthy();
    press("ArrowDown");
    press("ArrowRight");
    expect(cursor().id).toContain("1-type");
    expect(grid.getAttribute("aria-rowcount")).toBe("5");
  });

  it("renames on Enter and follows the references", () => {
    open();
    press("ArrowDown");
    press("Enter");
    const input = screen.getByRole("textbox");
    fireEvent.change(input, { target: { value: "state" } });
    fireEvent.keyDown(input, { key: "Enter" });
    expect(store.get().text).toContain(
      "{ name: state, generator: { type: constant, value: 1 }, seed_as: status }",
    );
    expect(store.get().text).toContain("sql: state }");
    expect(cursor().id).toContain("2-name");
  });

  it("gives an edit up with Escape", () => {
    open();
    press("F2");
    const input = screen.getByRole("textbox");
    fireEvent.change(input, { target: { value: "other" } });
    fireEvent.keyDown(input, { key: "Escape" });
    expect(store.get().text).toBe(TEXT);
  });

  it("makes columns of what is typed in the last row, and numbers a name that is taken", () => {
    open();
    for (let at = 0; at < 3; at += 1) press("ArrowDown");
    press("s");
    const input = screen.getByRole("textbox");
    fireEvent.change(input, { target: { value: "city, id" } });
    fireEvent.keyDown(input, { key: "Enter" });
    expect(names()).toEqual(["id", "status", "mail", "city", "id_2"]);
    store.undo();
    expect(store.get().text).toBe(TEXT);
  });

  it("moves, copies, clears and deletes rows", () => {
    open();
    press("ArrowDown", { altKey: true });
    expect(names()).toEqual(["status", "id", "mail"]);
    press("d", { ctrlKey: true });
    expect(names()).toEqual(["status", "id", "id_2", "mail"]);
    press("Backspace", { ctrlKey: true });
    expect(names()).toEqual(["status", "id", "mail"]);
    press("ArrowUp");
    press("ArrowUp");
    press("End");
    press("ArrowLeft");
    press("u");
    expect(store.get().text).toContain(
      "{ name: status, generator: { type: constant, value: 1 }, unique: true }",
    );
    press("Backspace");
    expect(store.get().text).not.toContain("unique");
  });

  it("reads nulls as a share or as a condition", () => {
    open();
    press("ArrowDown");
    for (let at = 0; at < 4; at += 1) press("ArrowRight");
    press("5");
    let input = screen.getByRole("textbox");
    fireEvent.change(input, { target: { value: "5%" } });
    fireEvent.keyDown(input, { key: "Tab" });
    expect(store.get().text).toContain("null_rate: 0.05");
    press("ArrowLeft");
    press("F2");
    input = screen.getByRole("textbox");
    fireEvent.change(input, { target: { value: "id > 3" } });
    fireEvent.keyDown(input, { key: "Enter" });
    expect(store.get().text).toContain("null_when: id > 3");
    expect(store.get().text).not.toContain("null_rate");
  });

  it("opens the picker with G, finds by meaning and keeps what a generator needs", async () => {
    open();
    press("End");
    press("g");
    const search = await screen.findByRole("combobox");
    fireEvent.change(search, { target: { value: "formul" } });
    fireEvent.keyDown(search, { key: "Enter" });
    expect(store.get().text).toContain("{ name: id, generator: { type: formula, sql: a } }");
  });

  it("cannot be edited where it may only be read", () => {
    const grid = open(true);
    expect(grid.getAttribute("aria-readonly")).toBe("true");
    press("F2");
    press("Backspace", { ctrlKey: true });
    expect(screen.queryByRole("textbox")).toBeNull();
    expect(store.get().text).toBe(TEXT);
  });
});
