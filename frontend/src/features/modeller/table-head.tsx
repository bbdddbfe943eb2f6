import {
  ChevronDown,
  Copy,
  Ellipsis,
  PanelRight,
  Pencil,
  Settings2,
  Table2,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NumberField } from "@/forms/inputs";
import { useFormat } from "@/i18n/format";
import { Button, IconButton } from "@/ui/button";
import { Sheet } from "@/ui/dialog";
import { useMediaQuery } from "@/ui/hooks";
import { Menu, MenuItem, MenuSeparator } from "@/ui/menu";
import { tabClass } from "@/ui/tabs";
import { toast } from "@/ui/toast";
import { problemAt, useEdit, useModeller } from "./context";
import { insertInto, read, removeValue } from "./document";
import { NameField } from "./name-field";
import { freeNames } from "./paste";
import { renameTable } from "./references";
import { TableList } from "./table-list";

/** The head of a table: its name, its sections, its number of rows, and what can be done with all of it. */
export function TableHead({ phone }: { phone: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { table, tables, view, go, readOnly, plan, problems, store, draft, catalogue } =
    useModeller();
  const { change, set } = useEdit();
  const folded = useMediaQuery("(max-width: 1199.98px)");
  const [renaming, setRenaming] = useState(false);
  const [listOpen, setListOpen] = useState(false);
  const section = view.section ?? "columns";

  const picker = folded && (
    <>
      <h2 className="flex">
        <Button
          variant="ghost"
          icon={Table2}
          iconAfter={ChevronDown}
          onClick={() => setListOpen(true)}
        >
          <span className="max-w-40 truncate font-semibold text-ink">
            {table?.name ?? t("modeller.tables")}
          </span>
        </Button>
      </h2>
      <Sheet open={listOpen} onOpenChange={setListOpen} side="left" title={t("modeller.parts")}>
        <TableList onChoose={() => setListOpen(false)} />
      </Sheet>
    </>
  );
  if (!table || section.includes(":"))
    return (
      <header className="flex h-10 shrink-0 items-center border-b border-line px-4">
        {picker || <h2 className="text-md">{t(`modeller.${section.split(":")[0]}s`)}</h2>}
      </header>
    );

  const rename = (name: string) => {
    setRenaming(false);
    if (name === "" || name === table.name) return;
    let count = 0;
    const keepValues = isSavedTable(draft.base.text, table.name);
    change(
      (text) => {
        const renamed = renameTable(text, read(text).value ?? {}, table.index, name, {
          root: catalogue.language,
          keepValues,
        });
        count = renamed.count;
        return renamed.text;
      },
      { key: "modeller.step.rename", values: { from: table.name, to: name } },
      table.pointer,
    );
    go({ table: name });
    toast(t("modeller.renamed", { count, name }), {
      label: t("ui.undo"),
      onClick: store.undoing(),
    });
  };
  const duplicate = () => {
    const [name = table.name] = freeNames(
      [table.name],
      tables.map((entry) => entry.name),
    );
    // Rules have ids that are unique in the dataset, so the copy begins without any.
    const { rules: _rules, ...rest } = table.raw;
    const copy = { ...rest, name };
    change(
      (text) => insertInto(text, ["tables"], table.index + 1, [copy]),
      { key: "modeller.step.duplicate", values: { name: table.name } },
      `/tables/${table.index + 1}`,
    );
    go({ table: name, column: undefined });
  };
  const remove = () => {
    change(
      (text) => removeValue(text, ["tables", table.index]),
      { key: "modeller.step.delete", values: { name: table.name } },
      "/tables",
    );
    go({
      table: tables[table.index === 0 ? 1 : table.index - 1]?.name,
      column: undefined,
      section: undefined,
    });
    toast(t("modeller.deleted", { name: table.name }), {
      label: t("ui.undo"),
      onClick: store.undoing(),
    });
  };

  const rows = plan.report?.tables.find((entry) => entry.name === table.name)?.rows;
  const rowsProblem = problemAt(problems, `${table.pointer}/rows`);
  const tabs: [string | undefined, string, number | undefined][] = [
    [undefined, t("modeller.columns"), table.columns.length],
    ["rules", t("modeller.rules"), table.rules.length],
    ["keys", t("modeller.keys"), table.keys.length],
    ...(phone
      ? ([
          ["preview", t("modeller.preview.title"), undefined],
          ["yaml", "YAML", undefined],
        ] as [string, string, undefined][])
      : table.given > 0
        ? ([["given", t("modeller.given.title"), table.given]] as [string, string, number][])
        : []),
  ];
  return (
    <header className="@container flex h-10 shrink-0 items-center gap-3 border-b border-line px-4 max-sm:h-auto max-sm:flex-wrap max-sm:gap-y-0 max-sm:px-2">
      {renaming ? (
        <NameField value={table.name} label={t("modeller.rename")} onCommit={rename} />
      ) : (
        picker || (
          <h2 className="max-w-60 shrink-0 truncate text-md" title={table.name}>
            {table.name}
          </h2>
        )
      )}
      <nav
        aria-label={table.name}
        className="flex h-full min-w-0 overflow-x-auto max-sm:order-last max-sm:h-11 max-sm:w-full"
      >
        {tabs.map(([key, label, count]) => (
          <button
            key={label}
            type="button"
            aria-current={(view.section ?? undefined) === key ? "page" : undefined}
            className={tabClass}
            onClick={() => go({ section: key, rule: undefined })}
          >
            {label}
            {count !== undefined && (
              <span className="text-xs font-normal text-ink-3 tabular-nums">
                {format.number(count)}
              </span>
            )}
          </button>
        ))}
      </nav>
      <div className="ml-auto flex shrink-0 items-center gap-2">
        <label
          htmlFor="table-rows"
          className="text-xs text-ink-3 max-md:hidden @max-[720px]:hidden"
        >
          {t("modeller.rows")}
        </label>
        <div className="w-36 max-md:hidden @max-[720px]:w-30">
          <NumberField
            id="table-rows"
            size="sm"
            whole
            readOnly={readOnly}
            {...(rowsProblem ? { "aria-invalid": true as const } : {})}
            value={table.raw.rows}
            placeholder={rows === undefined ? t("modeller.rowsByKey") : `≈ ${format.number(rows)}`}
            onChange={(value) => set(["tables", table.index, "rows"], value)}
          />
        </div>
        {folded && !phone && (
          <IconButton
            icon={PanelRight}
            label={t("modeller.inspector")}
            onClick={() => go({ pane: "column" })}
          />
        )}
        <Menu label={table.name} trigger={<IconButton icon={Ellipsis} label={t("ui.more")} />}>
          <MenuItem icon={Settings2} onSelect={() => go({ column: undefined, pane: "column" })}>
            {t("modeller.tableSettings")}
          </MenuItem>
          <MenuItem icon={Pencil} disabled={readOnly} onSelect={() => setRenaming(true)}>
            {t("ui.rename")}
          </MenuItem>
          <MenuItem icon={Copy} disabled={readOnly} onSelect={duplicate}>
            {t("modeller.duplicate")}
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={Trash2} danger disabled={readOnly || tables.length < 2} onSelect={remove}>
            {t("ui.delete")}
          </MenuItem>
        </Menu>
      </div>
    </header>
  );
}

/** Whether a saved version holds the table: only then there are values that a rename must keep. */
function isSavedTable(base: string, name: string): boolean {
  const tables = read(base).value?.tables;
  return (
    Array.isArray(tables) &&
    tables.some(
      (table) =>
        typeof table === "object" && table !== null && (table as { name?: unknown }).name === name,
    )
  );
}
