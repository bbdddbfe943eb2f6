import { createContext, type ReactNode, useContext } from "react";

/** A path inside the value that a form edits. */
export type FormPath = readonly (string | number)[];

export interface FormContextValue {
  /** Sets the value at a path, or takes it away where it is undefined. */
  set: (path: FormPath, value: unknown) => void;
  /** What is wrong at a path, and what would mend it. */
  problemAt: (path: FormPath) => { text: ReactNode; severity: "error" | "warning" } | undefined;
  /** Renders the choice of a generator together with its own form. */
  generator: (path: FormPath, value: unknown, label: string) => ReactNode;
  /** Names that a text may hold, such as columns: what completes it. */
  suggestions: (description: string) => readonly string[];
  /** Names that SQL may use here. */
  sqlNames: readonly string[];
  /** What stands at the right of a field's number: a slider or a unit. */
  beside?: (path: FormPath) => ReactNode;
  readOnly: boolean;
}

const FormContext = createContext<FormContextValue | null>(null);

export const FormProvider = FormContext.Provider;

export function useForm(): FormContextValue {
  const form = useContext(FormContext);
  if (!form) throw new Error("a field outside of a form");
  return form;
}
