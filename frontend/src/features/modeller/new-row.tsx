import clsx from "clsx";
import { CornerDownLeft, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Cursor } from "./grid-keys";
import { isTextUndo } from "./text-undo";

interface NewRowProps {
  cursor: Cursor;
  /** How many cells it spans. */
  count: number;
  row: number;
  isEditing: boolean;
  text: string;
  ring: boolean;
  onBegin: () => void;
  onPoint: () => void;
  onCommit: (text: string, then: "down" | "right" | "stay") => void;
  onGiveUp: () => void;
}

/** The row that is always empty: a name typed there, or a list pasted, makes columns. */
export function NewRow({
  cursor,
  count,
  row,
  isEditing,
  text: first,
  ring,
  onBegin,
  onPoint,
  onCommit,
  onGiveUp,
}: NewRowProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(first);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new edit begins with its first character
  useEffect(() => setText(first), [isEditing]);
  const isCursor = cursor.row === row;
  const done = (then: "down" | "right" | "stay") => {
    setText("");
    if (text.trim() === "") onGiveUp();
    else onCommit(text, then);
  };
  return (
    <tr aria-rowindex={row + 2}>
      <td className="h-7.5 border-r border-b border-line bg-sunken text-ink-3">
        <Plus aria-hidden className="mx-auto size-3.5" strokeWidth={1.5} />
      </td>
      <td
        colSpan={count}
        tabIndex={isCursor ? 0 : -1}
        data-cursor={isCursor || undefined}
        className={clsx(
          "border-b border-line p-0 outline-none",
          isCursor && ring && !isEditing && "ring-2 ring-focus ring-inset",
        )}
        onClick={() => (isCursor ? onBegin() : onPoint())}
        onKeyDown={() => undefined}
        onDoubleClick={onBegin}
      >
        {isEditing ? (
          <input
            // biome-ignore lint/a11y/noAutofocus: the cell was opened to type in
            autoFocus
            aria-label={t("modeller.newColumn")}
            className="h-7.5 w-full bg-surface px-2 outline-2 -outline-offset-2 outline-focus"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onBlur={() => done("stay")}
            onPaste={(event) => {
              const pasted = event.clipboardData.getData("text/plain");
              if (!/[\n\t,;]/.test(pasted)) return;
              event.preventDefault();
              onCommit(pasted, "down");
            }}
            onKeyDown={(event) => {
              if (isTextUndo(event)) event.stopPropagation();
              else if (event.key === "Enter" || event.key === "Tab") {
                event.preventDefault();
                event.stopPropagation();
                done(event.key === "Enter" ? "down" : "right");
              } else if (event.key === "Escape") {
                event.stopPropagation();
                setText("");
                onGiveUp();
              }
            }}
          />
        ) : (
          <span className="flex items-center justify-between px-2 text-ink-3">
            {t("modeller.newColumnHint")}
            <span className="rounded-sm border border-line-strong px-1">
              <CornerDownLeft aria-hidden className="size-3" />
            </span>
          </span>
        )}
      </td>
    </tr>
  );
}
