import { createContext, useContext } from "react";
import type { Problem } from "@/api/problem";
import { removeValue, setValue } from "./document";
import type { Draft, DraftStore } from "./draft";
import type { Label } from "./history";
import type { ColumnView, PlacedProblem, TableView } from "./model";
import { formatPointer, type Path } from "./pointer";
import type { Catalogue } from "./queries";
import type { Shape } from "./shape";
import type { PlanAnswer, PreviewAnswer } from "./use-answers";

export interface View {
  table?: string | undefined;
  column?: string | undefined;
  pane?: string | undefined;
  section?: string | undefined;
  rule?: string | undefined;
}

export interface ModellerState {
  datasetId: string;
  store: DraftStore;
  draft: Draft;
  catalogue: Catalogue;
  tables: TableView[];
  table: TableView | undefined;
  column: ColumnView | undefined;
  view: View;
  /** Shows something else; the address holds it. */
  go: (view: View) => void;
  plan: PlanAnswer;
  problems: PlacedProblem[];
  preview: PreviewAnswer;
  shapes: Map<string, Shape>;
  /** The forms cannot be edited: the text does not parse, or the person may only read. */
  readOnly: boolean;
  save: () => Promise<boolean>;
}

export const ModellerContext = createContext<ModellerState | null>(null);

export function useModeller(): ModellerState {
  const state = useContext(ModellerContext);
  if (!state) throw new Error("outside of the modeller");
  return state;
}

export interface EditOptions {
  /** The place that is named; typing there within a second is one step. */
  group?: string;
  label?: Label;
  order?: readonly string[];
}

/** Edits of the draft, each a named step of the history. */
export function useEdit() {
  const { store, catalogue, readOnly } = useModeller();
  const change = (
    make: (text: string) => string,
    label: Label,
    pointer: string,
    group?: string,
  ) => {
    if (readOnly) return;
    store.edit(make(store.get().text), {
      label,
      pointer,
      ...(group === undefined ? {} : { group }),
    });
  };
  /** Sets a value, or takes it away where it is undefined. */
  const set = (path: Path, value: unknown, options: EditOptions = {}) => {
    const pointer = formatPointer(path);
    const label = options.label ?? labelOf(path, value);
    const order = options.order ?? orderFor(catalogue, path);
    change(
      (text) =>
        value === undefined ? removeValue(text, path) : setValue(text, path, value, { order }),
      label,
      pointer,
      options.group ?? pointer,
    );
  };
  return { change, set };
}

function labelOf(path: Path, value: unknown): Label {
  const name = String(path.findLast((step) => typeof step === "string") ?? "");
  if (value === undefined) return { key: "modeller.step.clear", values: { name } };
  const words = typeof value === "object" ? "" : String(value).slice(0, 40);
  if (words === "") return { key: "modeller.step.change", values: { name } };
  return { key: "modeller.step.set", values: { name, value: words } };
}

/** The order of keys that the language's definitions are written in, for the map that a path ends in. */
function orderFor(catalogue: Catalogue, path: Path): readonly string[] {
  const defs = catalogue.language.$defs ?? {};
  const keys = (name: string) => Object.keys(defs[name]?.properties ?? {});
  const last = path.length - 2;
  const list = path.slice(0, last + 1).findLast((step) => typeof step === "string");
  if (path.length === 1) return Object.keys(catalogue.language.properties ?? {});
  if (typeof path[last] === "number") {
    if (list === "columns") return keys("Column");
    if (list === "tables") return keys("Table");
    if (list === "foreign_keys") return keys("ForeignKey");
  }
  return [];
}

/** The first problem at exactly a place, for the field that edits it. */
export function problemAt(
  problems: readonly PlacedProblem[],
  pointer: string,
): Problem | undefined {
  return problems.find((entry) => entry.problem.pointer === pointer)?.problem;
}
