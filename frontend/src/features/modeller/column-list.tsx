import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useWords } from "@/i18n/words";
import { Bars } from "@/ui/bars";
import { Button } from "@/ui/button";
import { Input } from "@/ui/input";
import { TypeGlyph } from "@/ui/type-glyph";
import { useColumnEdits } from "./column-edits";
import { useColumnFacts } from "./column-facts";
import { useModeller } from "./context";
import type { TableView } from "./model";
import { columnsIn } from "./paste";
import { coarse } from "./shape";

/** The columns as a list, where a grid would be too narrow to read. */
export function ColumnList() {
  const { table } = useModeller();
  return table ? <List table={table} /> : null;
}

function List({ table }: { table: TableView }) {
  const { t } = useTranslation();
  const words = useWords();
  const { go, shapes, readOnly } = useModeller();
  const factsOf = useColumnFacts(table);
  const edits = useColumnEdits(table);
  const [text, setText] = useState("");
  const add = () => {
    const columns = columnsIn(text);
    if (columns.length === 0) return;
    setText("");
    go({ column: edits.add(columns).at(-1) });
  };
  return (
    <div className="min-h-0 grow overflow-y-auto">
      <ul>
        {table.columns.map((column) => {
          const facts = factsOf(column);
          const shape = shapes.get(column.name);
          const problem = facts.problems[0]?.problem;
          return (
            <li key={column.index} className="border-b border-line">
              <button
                type="button"
                className="flex min-h-14 w-full items-center gap-3 px-4 text-left active:bg-pressed"
                onClick={() => go({ column: column.name })}
              >
                <TypeGlyph type={facts.type || "string"} className="size-4" />
                <span className="min-w-0 grow">
                  <span className="block truncate text-md">{column.name}</span>
                  <span
                    className={
                      problem
                        ? "block truncate text-xs text-danger"
                        : "block truncate text-xs text-ink-3"
                    }
                  >
                    {problem
                      ? words(problem.detail)
                      : [
                          facts.generator,
                          ...facts.parts.map((part) =>
                            [part.name, part.text].filter(Boolean).join(" "),
                          ),
                        ].join(" · ")}
                  </span>
                </span>
                {shape && shape.bars.length > 0 && (
                  <Bars
                    values={coarse(shape.bars)}
                    width={58}
                    height={22}
                    label={t("modeller.shapeOf", { name: column.name })}
                  />
                )}
              </button>
            </li>
          );
        })}
      </ul>
      {!readOnly && (
        <form
          className="flex gap-2 p-4"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <Input
            aria-label={t("modeller.newColumn")}
            placeholder={t("modeller.newColumnHint")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit" icon={Plus} disabled={text.trim() === ""}>
            {t("forms.add")}
          </Button>
        </form>
      )}
    </div>
  );
}
