import { useTranslation } from "react-i18next";
import { useParameterName } from "@/forms/schema-form";
import { useFormat } from "@/i18n/format";
import { useWords } from "@/i18n/words";
import { nullsText } from "./actions";
import { useModeller } from "./context";
import {
  type ColumnView,
  type PlacedProblem,
  plainType,
  referenceOf,
  reportOf,
  type TableView,
  textOf,
  within,
} from "./model";
import { isRecord } from "./pointer";
import { brief, type Part, summarize } from "./summary";

export interface ColumnFacts {
  type: string;
  /** The type is the generator's own, not written. */
  typeIsOwn: boolean;
  generator: string;
  /** Nothing is written: the plan chose it, for this reason. */
  chosen: string | undefined;
  /** How the column is filled where no generator fills it. */
  source: "generator" | "auto" | "key" | "rule";
  parts: Part[];
  nulls: string;
  nullsIsCode: boolean;
  unique: boolean;
  isKey: boolean;
  problems: PlacedProblem[];
}

/** What the views say of a column, from what is written and from what the plan answered. */
export function useColumnFacts(table: TableView): (column: ColumnView) => ColumnFacts {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useWords();
  const nameOf = useParameterName();
  const { plan, catalogue, problems, preview } = useModeller();
  const write = {
    number: (value: number) => format.number(value),
    percent: (share: number) => format.percent(share, share < 0.01 ? 1 : 0),
  };
  return (column) => {
    const report = reportOf(plan.report, table.name, column.name);
    const reference = referenceOf(table, column.name);
    const written = textOf(column.raw.type);
    const known = catalogue.find(column.generator);
    const auto = column.generator === undefined || column.generator === "auto";
    const planned = report && catalogue.find(report.generator) ? report.generator : undefined;
    const source = !auto
      ? "generator"
      : reference
        ? "key"
        : planned !== undefined || !report
          ? "auto"
          : "rule";
    const generator =
      source === "generator"
        ? (column.generator ?? "")
        : source === "key"
          ? t("modeller.foreignKey")
          : source === "rule"
            ? t("modeller.byRule")
            : (planned ?? "auto");
    const samples = () => [
      ...new Set(
        preview.data?.rows
          .map((row) => row[column.name])
          .filter((value) => value !== null && value !== undefined)
          .map(brief),
      ),
    ];
    const parts = (): Part[] => {
      const one = (text: string): Part[] =>
        text === "" ? [] : [{ name: null, text, code: false }];
      if (source === "key" && reference) return one(`${reference.key.parent}.${reference.column}`);
      if (source === "auto") return one(words(report?.reason ?? ""));
      if (source === "rule") return one((report?.generator ?? "").replace(/^rule /, ""));
      const required = known?.fields.filter((field) => field.required).map((field) => field.name);
      const raw = isRecord(column.raw.generator) ? column.raw.generator : {};
      const written = summarize(raw, required ?? [], write);
      if (written.length > 0) {
        return written.map((part) => (part.name ? { ...part, name: nameOf(part.name) } : part));
      }
      // Without parameters the values themselves say the most.
      const values = samples().slice(0, 3);
      return values.length === 0
        ? []
        : [{ name: null, text: `${values.join(", ")} …`, code: false, sample: true }];
    };
    return {
      type: written || plainType(report?.type ?? ""),
      typeIsOwn: written === "",
      generator,
      chosen: source === "auto" ? words(report?.reason ?? "") : undefined,
      source,
      parts: parts(),
      nulls: nullsText(column.raw),
      nullsIsCode: column.raw.null_when != null,
      unique:
        column.raw.unique === true ||
        (table.primaryKey.length === 1 && table.primaryKey[0] === column.name),
      isKey: table.primaryKey.includes(column.name),
      problems: within(problems, column.pointer),
    };
  };
}
