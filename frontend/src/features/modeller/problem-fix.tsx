import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { useWords } from "@/i18n/words";
import { Button } from "@/ui/button";
import { Note } from "@/ui/feedback";
import { isMac } from "@/ui/hooks";
import { toast } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { Sentence } from "@/ui/words";
import { useModeller } from "./context";
import { applyPatch, newKeyOf, type PatchOperation } from "./patch";
import { parsePointer } from "./pointer";
import { fixOf } from "./requests";

/** Applies the change that mends a problem, as one step. */
export function useFix() {
  const { t } = useTranslation();
  const { store, readOnly } = useModeller();
  return (fix: readonly PatchOperation[], pointer: string) => {
    if (readOnly) return;
    const text = applyPatch(store.get().text, fix);
    if (text === undefined) toast(t("modeller.problems.cannotFix"), undefined, "danger");
    else store.edit(text, { label: { key: "modeller.step.fix" }, pointer });
  };
}

/** What a patch does, for the tooltip of its button. */
export function patchText(fix: readonly PatchOperation[]): string {
  return fix
    .map((operation) =>
      [
        operation.op,
        operation.from,
        operation.path,
        operation.value === undefined ? undefined : JSON.stringify(operation.value),
      ]
        .filter((part) => part !== undefined)
        .join(" "),
    )
    .join("\n");
}

/** The effect of a change in a word or two; a change of several steps, or of a whole value, has no such name. */
export function useFixName(): (fix: readonly PatchOperation[]) => string {
  const { t } = useTranslation();
  return (fix) => {
    const [operation, ...others] = fix;
    if (!operation || others.length > 0) return t("modeller.problems.apply");
    const newKey = newKeyOf(operation);
    if (newKey !== undefined) return t("modeller.problems.renameTo", { name: newKey });
    const { op, path, value } = operation;
    if (op === "replace" && typeof value === "string" && value !== "" && value.length <= 40)
      return t("modeller.problems.use", { value });
    if (op === "replace" && (typeof value === "number" || typeof value === "boolean"))
      return t("modeller.problems.setTo", { value: String(value) });
    const key = parsePointer(path).at(-1);
    if (op === "remove" && typeof key === "string")
      return t("modeller.problems.remove", { name: key });
    return t("modeller.problems.apply");
  };
}

/** What is wrong, and the way on where the server knows one, as a text. */
export function useSentenceOf(): (problem: Problem) => string {
  const words = useWords();
  return ({ detail, remedy }) => (remedy ? `${words(detail)}; ${words(remedy)}` : words(detail));
}

/** What is wrong, and the way on where the server knows one. */
export function ProblemSentence({ problem: { detail, remedy } }: { problem: Problem }) {
  return (
    <>
      <Sentence text={detail} />
      {remedy && (
        <>
          ; <Sentence text={remedy} />
        </>
      )}
    </>
  );
}

/** The button that mends a problem, where the server proposes how. */
export function FixButton({ problem, className }: { problem: Problem; className?: string }) {
  const { readOnly } = useModeller();
  const apply = useFix();
  const nameOf = useFixName();
  const fix = fixOf(problem);
  if (!fix || readOnly) return null;
  return (
    <Button
      size="xs"
      {...(className === undefined ? {} : { className })}
      title={patchText(fix)}
      onClick={() => apply(fix, problem.pointer)}
    >
      {nameOf(fix)}
    </Button>
  );
}

/** A problem over a form, with its change. */
export function ProblemNote({ problem }: { problem: Problem }) {
  return (
    <Note tone={problem.severity === "error" ? "danger" : "warning"}>
      <span className="block">
        <ProblemSentence problem={problem} />
      </span>
      <FixButton problem={problem} className="mt-1.5" />
    </Note>
  );
}

/** A problem under the field that it is about, with its change. */
export function ProblemLine({ problem }: { problem: Problem }) {
  return (
    <div className="flex flex-col items-start gap-1.5">
      <p className={problem.severity === "error" ? "text-xs text-danger" : "text-xs text-warning"}>
        <ProblemSentence problem={problem} />
      </p>
      <FixButton problem={problem} />
    </div>
  );
}

/** The sentence of a problem beside its cell, with the change that ⌥↵ applies there. */
export function ProblemTip({ problem, children }: { problem: Problem; children: ReactNode }) {
  const { readOnly } = useModeller();
  const nameOf = useFixName();
  const fix = readOnly ? undefined : fixOf(problem);
  const text = (
    <span>
      <span className="block text-ink">
        <ProblemSentence problem={problem} />
      </span>
      {fix && (
        <span className="mt-0.5 flex justify-between gap-3">
          {nameOf(fix)}
          <kbd className="font-sans text-ink-3">{isMac ? "⌥↵" : "Alt ↵"}</kbd>
        </span>
      )}
    </span>
  );
  return <Tooltip text={text}>{children}</Tooltip>;
}
