import { Check, Sparkle } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchText, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { useCandidate } from "@/features/assistant/candidate";
import { CandidateProblems, CandidateState } from "@/features/assistant/candidate-view";
import { Hunks } from "@/features/assistant/hunks";
import { patchOf, piecesOf, placeIn } from "@/features/assistant/pieces";
import { KeyState } from "@/features/llm/key-field";
import { useCanAsk } from "@/features/llm/queries";
import { keyHeaders } from "@/features/llm/session-key";
import { useTakenWords } from "@/features/llm/taken";
import { Button } from "@/ui/button";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { announce } from "@/ui/live";
import { Sentence } from "@/ui/words";
import { useModeller } from "./context";
import { read } from "./document";
import type { TableView } from "./model";
import { applyPatch } from "./patch";

type Kind = "column" | "rule";

/** A column or a rule from words: asked, shown as what it changes, and only then taken. */
export function FromWords({
  kind,
  table,
  name,
  start = "",
  onClose,
}: {
  kind: Kind;
  table: TableView;
  /** The one that is spoken of, where there is one. */
  name?: string;
  start?: string;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const taken = useTakenWords();
  const failureWords = useFailureWords();
  const canAsk = useCanAsk();
  const { store, draft, go } = useModeller();
  const [words, setWords] = useState(start);
  const [asking, setAsking] = useState(false);
  const [proposal, setProposal] = useState<Schemas["ElementProposal"]>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(null);
  useEffect(() => () => abort.current?.abort(), []);

  // A proposed column or rule is put in, or takes the place of the one of its name.
  const [piece] = piecesOf(proposal?.pieces ?? []);
  const text = piece && applyPatch(draft.text, patchOf(draft.schema, [piece]).operations);
  const candidate = useCandidate(text ?? null, table.name);

  const ask = async () => {
    abort.current?.abort();
    const own = new AbortController();
    abort.current = own;
    setAsking(true);
    setError(undefined);
    setProposal(undefined);
    try {
      const about =
        name === undefined ? words : t(`assistant.about.${kind}`, { name, words: words.trim() });
      const answer = await fetchText("/api/v1/assistant/columns", {
        method: "POST",
        signal: own.signal,
        headers: { ...keyHeaders(), "content-type": "application/json" },
        body: JSON.stringify({ schema_text: draft.text, table: table.name, words: about, kind }),
      });
      setProposal(JSON.parse(answer.text) as Schemas["ElementProposal"]);
      announce(t("assistant.ready"));
    } catch (failure) {
      if (!own.signal.aborted) setError(asProblem(failure));
    } finally {
      if (abort.current === own) setAsking(false);
    }
  };
  const accept = () => {
    if (text === undefined || !piece) return;
    store.edit(text, {
      label: { key: "modeller.step.assistant", values: { count: 1 } },
      pointer: placeIn(read(text).value ?? {}, piece.names),
    });
    const taken = piece.names.at(-1);
    go(kind === "column" ? { table: table.name, column: taken } : { rule: taken });
    onClose();
  };
  const why =
    canAsk === false
      ? t("assistant.needsKey")
      : words.trim() === ""
        ? t("assistant.needsWords")
        : undefined;
  return (
    <section
      aria-label={t(`assistant.words.${kind}`)}
      className="flex flex-col gap-3 rounded-lg border border-accent-line p-3"
    >
      <KeyState>{t("assistant.noKeyWords")}</KeyState>
      <Field label={t(`assistant.words.${kind}`)} hint={t(`assistant.words.${kind}Hint`)}>
        {(ids) => (
          <Textarea
            {...ids}
            autoFocus
            rows={2}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") onClose();
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              if (why === undefined && !asking) void ask();
            }}
          />
        )}
      </Field>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          icon={Sparkle}
          busy={asking}
          {...(why === undefined ? {} : { reason: why })}
          onClick={() => void ask()}
        >
          {t("assistant.propose")}
        </Button>
        <Button variant="ghost" onClick={onClose}>
          {t("ui.cancel")}
        </Button>
      </div>
      {error !== undefined && (
        <Note tone="danger" role="alert">
          {failureWords(error)}
        </Note>
      )}
      {proposal && (
        <div className="-mx-3 -mb-3 flex flex-col gap-2 border-t border-line pt-3">
          {proposal.chosen.map((sentence) => (
            <p key={sentence} className="px-3 text-xs text-ink-2">
              {sentence}
            </p>
          ))}
          {proposal.stopped && (
            <Note tone="warning" className="mx-3">
              <Sentence text={proposal.stopped} />
            </Note>
          )}
          {text === undefined || text === draft.text ? (
            <p className="px-3 text-xs text-ink-2">{t("assistant.noDifference")}</p>
          ) : (
            <>
              <Hunks before={draft.text} after={text} label={t("assistant.proposal")} wrap />
              <CandidateProblems candidate={candidate} className="mx-3" />
            </>
          )}
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 px-3 text-xs text-ink-3">
            <CandidateState candidate={candidate} />
            {t("assistant.rounds", { count: proposal.rounds })} · {taken(proposal.usage)}
          </p>
          <div className="flex gap-2 px-3 pb-3">
            <Button
              icon={Check}
              disabled={text === undefined || text === draft.text}
              onClick={accept}
            >
              {t("assistant.accept")}
            </Button>
            <Button onClick={() => setProposal(undefined)}>{t("assistant.refuse")}</Button>
          </div>
        </div>
      )}
    </section>
  );
}
