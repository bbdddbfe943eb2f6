import clsx from "clsx";
import {
  CircleAlert,
  Columns2,
  ListOrdered,
  type LucideIcon,
  Plus,
  Table2,
  Variable,
} from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { IconButton } from "@/ui/button";
import { addEntry, addTable } from "./actions";
import { useEdit, useModeller, type View } from "./context";
import { within } from "./model";
import { isRecord } from "./pointer";
import { brief } from "./summary";

interface Entry {
  id: string;
  name: string;
  count: string;
  view: View;
  current: boolean;
  bad: boolean;
}

/** What the schema holds: its tables, the draws of the open table, lists and parameters. */
export function TableList({ className, onChoose }: { className?: string; onChoose?: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { tables, table, view, draft, plan, problems, go, readOnly } = useModeller();
  const { change } = useEdit();
  const { schema } = draft;
  const isBad = (pointer: string) =>
    within(problems, pointer).some((entry) => entry.problem.severity === "error");
  const choose = (next: View) => {
    go({ column: undefined, rule: undefined, ...next });
    onChoose?.();
  };

  const rowsOf = (name: string, raw: Record<string, unknown>) => {
    const planned = plan.report?.tables.find((entry) => entry.name === name)?.rows;
    if (planned !== undefined) return format.number(planned);
    return typeof raw.rows === "number" ? format.number(raw.rows) : "";
  };
  const section = view.section ?? "";
  const isEntry = section.includes(":");
  const mapEntries = (kind: string, path: string, map: unknown): Entry[] =>
    Object.entries(isRecord(map) ? map : {}).map(([name, value]) => ({
      id: `${kind}:${name}`,
      name,
      count: Array.isArray(value)
        ? format.number(value.length)
        : isRecord(value)
          ? rowsIn(value)
          : brief(value).slice(0, 10),
      view: { section: `${kind}:${name}`, pane: undefined },
      current: section === `${kind}:${name}`,
      bad: isBad(`${path}/${name}`),
    }));
  const rowsIn = (value: Record<string, unknown>) => {
    const list = Object.values(value).find(
      (item) => Array.isArray(item) && item.some(Array.isArray),
    );
    return Array.isArray(list) ? format.number(list.length) : "";
  };

  const newTable = () => {
    let name = "";
    change(
      (text) => {
        const made = addTable(text, schema, t("modeller.newTable"));
        name = made.name;
        return made.text;
      },
      { key: "modeller.step.addTable" },
      `/tables/${tables.length}`,
    );
    choose({ table: name, section: undefined });
  };
  const newEntry = (kind: "draw" | "list" | "parameter") => {
    const path =
      kind === "draw"
        ? ["tables", table?.index ?? 0, "draws"]
        : [kind === "list" ? "lists" : "parameters"];
    const value = kind === "draw" ? { type: "" } : kind === "list" ? [t("modeller.newValue")] : 100;
    let name = "";
    change(
      (text) => {
        const made = addEntry(text, schema, path, t(`modeller.newEntry.${kind}`), value);
        name = made.name;
        return made.text;
      },
      { key: "modeller.step.add", values: { name: t(`modeller.newEntry.${kind}`) } },
      `/${path.join("/")}`,
    );
    choose({ section: `${kind}:${name}`, pane: undefined });
  };

  return (
    <nav
      aria-label={t("modeller.parts")}
      className={clsx("flex flex-col overflow-y-auto bg-canvas px-2 pb-4", className)}
    >
      <Group
        title={t("modeller.tables")}
        icon={Table2}
        add={readOnly ? undefined : { label: t("modeller.addTable"), run: newTable }}
        entries={tables.map((entry) => ({
          id: entry.pointer,
          name: entry.name,
          count: rowsOf(entry.name, entry.raw),
          view: { table: entry.name, section: isEntry ? undefined : view.section },
          current: entry === table && !isEntry,
          bad: isBad(entry.pointer),
        }))}
        choose={choose}
      />
      <Group
        title={t("modeller.draws")}
        icon={Columns2}
        add={
          readOnly || !table
            ? undefined
            : { label: t("modeller.addDraw"), run: () => newEntry("draw") }
        }
        entries={table ? mapEntries("draw", `${table.pointer}/draws`, table.raw.draws) : []}
        choose={choose}
      />
      <Group
        title={t("modeller.lists")}
        icon={ListOrdered}
        add={readOnly ? undefined : { label: t("modeller.addList"), run: () => newEntry("list") }}
        entries={mapEntries("list", "/lists", schema.lists)}
        choose={choose}
      />
      <Group
        title={t("modeller.parameters")}
        icon={Variable}
        add={
          readOnly
            ? undefined
            : { label: t("modeller.addParameter"), run: () => newEntry("parameter") }
        }
        entries={mapEntries("parameter", "/parameters", schema.parameters)}
        choose={choose}
      />
    </nav>
  );
}

function Group({
  title,
  icon: Icon,
  entries,
  add,
  choose,
}: {
  title: string;
  icon: LucideIcon;
  entries: Entry[];
  add: { label: string; run: () => void } | undefined;
  choose: (view: View) => void;
}): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <div className="mt-3.5 mb-1 flex h-6 items-center pr-0 pl-2">
        <h2 className="grow text-2xs font-medium text-ink-3">{title}</h2>
        {add && <IconButton icon={Plus} size="xs" label={add.label} onClick={add.run} />}
      </div>
      <ul className="flex flex-col gap-px">
        {entries.map((entry) => (
          <li key={entry.id}>
            <button
              type="button"
              aria-current={entry.current || undefined}
              className="flex h-7 w-full items-center gap-2 rounded-md pr-2 pl-1.5 text-left hover:bg-hover aria-[current=true]:bg-pressed aria-[current=true]:font-medium max-sm:h-11"
              onClick={() => choose(entry.view)}
            >
              <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" strokeWidth={1.5} />
              <span className="min-w-0 truncate">{entry.name}</span>
              {entry.bad && (
                <CircleAlert
                  aria-label={t("modeller.hasProblems")}
                  role="img"
                  className="size-3.5 shrink-0 text-danger"
                  strokeWidth={1.75}
                />
              )}
              <span className="ml-auto shrink-0 text-xs font-normal text-ink-3 tabular-nums">
                {entry.count}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
