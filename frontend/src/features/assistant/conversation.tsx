import { CircleAlert, CircleCheck, CornerDownLeft, Sparkle, Square, Upload, X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { KeyField, KeyState } from "@/features/llm/key-field";
import { useCanAsk } from "@/features/llm/queries";
import { useTakenWords } from "@/features/llm/taken";
import { Button, IconButton } from "@/ui/button";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { NumberInput, Textarea } from "@/ui/input";
import { announce } from "@/ui/live";
import { State } from "@/ui/mark";
import { toast } from "@/ui/toast";
import { Sentence } from "@/ui/words";
import { partialText } from "./partial";
import { type Sample, sampleOf } from "./samples";
import type { AssistantSession, Turn } from "./session";
import { useTurns } from "./session";

/** The most characters that a wish may have. */
const MOST = 8000;

/** The words: what was wished, what came of it, and the field for the next wish. */
export function Conversation({
  session,
  title,
  note,
  intro,
  placeholder,
  examples,
  reason,
  onAsk,
  onClose,
}: {
  session: AssistantSession;
  title: ReactNode;
  /** A word beside the title. */
  note?: string;
  intro: string;
  placeholder: string;
  examples: string[];
  /** Why nothing can be asked now. */
  reason?: string | undefined;
  onAsk: (words: string, samples: Sample[]) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const turns = useTurns(session);
  const canAsk = useCanAsk();
  const [words, setWords] = useState("");
  const [samples, setSamples] = useState<Sample[]>([]);
  const end = useRef<HTMLDivElement>(null);
  const last = turns.at(-1);
  const asking = last?.state === "asking";
  const why =
    reason ??
    (canAsk === false
      ? t("assistant.needsKey")
      : words.trim() === ""
        ? t("assistant.needsWords")
        : words.length > MOST
          ? t("assistant.tooLong", { count: MOST })
          : undefined);
  useSpoken(last);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes last is brought into view
  useEffect(() => {
    end.current?.scrollIntoView?.({ block: "nearest" });
  }, [turns.length, last?.state]);
  const send = () => {
    if (why !== undefined || asking) return;
    onAsk(words.trim(), samples);
    setWords("");
    setSamples([]);
  };
  return (
    <aside
      aria-label={t("assistant.title")}
      className="flex w-95 shrink-0 flex-col border-line bg-canvas max-lg:w-full max-lg:border-b lg:min-h-0 lg:border-r"
    >
      <header className="flex h-10 shrink-0 items-center gap-2 border-b border-line pr-1.5 pl-4">
        <Sparkle aria-hidden className="size-4 text-accent" strokeWidth={1.5} />
        {title}
        <span className="ml-auto text-xs text-ink-3">{note}</span>
        <IconButton icon={X} label={t("assistant.close")} onClick={onClose} />
      </header>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
        tabIndex={0}
        aria-label={t("assistant.conversation")}
        className="flex min-h-0 grow flex-col gap-4 overflow-y-auto px-4 py-4.5 -outline-offset-2"
      >
        <p className="text-ink-2">{intro}</p>
        {turns.length === 0 && (
          <ul className="flex flex-col gap-1.5">
            {examples.map((example) => (
              <li key={example}>
                <button
                  type="button"
                  className="w-full rounded-lg border border-line bg-surface px-3 py-2 text-left text-ink-2 hover:bg-hover"
                  onClick={() => setWords(example)}
                >
                  {example}
                </button>
              </li>
            ))}
          </ul>
        )}
        {turns.length > 0 && (
          <ol className="flex flex-col gap-4">
            {turns.map((turn) => (
              <li key={turn.id} className="flex flex-col gap-3">
                <p className="max-w-78 self-end rounded-xl rounded-br-sm border border-line bg-surface px-3 py-2.5 break-words whitespace-pre-wrap">
                  <span className="sr-only">{t("assistant.youSaid")} </span>
                  {turn.words}
                </p>
                <Answer
                  turn={turn}
                  session={session}
                  onAgain={asking ? undefined : () => onAsk(turn.words, [])}
                />
              </li>
            ))}
          </ol>
        )}
        <div ref={end} />
      </section>
      <div className="flex shrink-0 flex-col gap-3 border-t border-line p-4">
        <KeyState>{t("assistant.noKeyWords")}</KeyState>
        <Ceiling session={session} />
        <Samples samples={samples} onChange={setSamples} />
        <div className="relative">
          <Textarea
            rows={3}
            aria-label={placeholder}
            placeholder={placeholder}
            value={words}
            className="resize-none pr-12"
            onChange={(event) => setWords(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              send();
            }}
          />
          <span className="absolute right-2 bottom-3">
            {asking ? (
              <IconButton icon={Square} label={t("assistant.stop")} onClick={session.stop} />
            ) : (
              <IconButton
                icon={CornerDownLeft}
                variant="primary"
                label={t("assistant.ask")}
                {...(why === undefined ? {} : { reason: why })}
                onClick={send}
              />
            )}
          </span>
        </div>
        <div className="flex items-center justify-between gap-2">
          <p className="text-2xs text-ink-3">{t("assistant.enter")}</p>
          <SampleButton onAdd={(sample) => setSamples((before) => [...before, sample])} />
        </div>
      </div>
    </aside>
  );
}

/** The most that a question may cost. */
function Ceiling({ session }: { session: AssistantSession }) {
  const { t } = useTranslation();
  const [ceiling, setCeiling] = useState(session.ceilingUsd);
  const id = useId();
  return (
    <p className="flex items-center gap-2 text-xs text-ink-3">
      <label htmlFor={id} title={t("assistant.ceilingHint")}>
        {t("assistant.ceiling")}
      </label>
      <NumberInput
        id={id}
        optional
        min={0}
        step={0.01}
        unit="USD"
        className="w-28"
        value={ceiling}
        onChange={(next) => {
          session.ceilingUsd = next;
          setCeiling(next);
        }}
      />
    </p>
  );
}

/** Reads the head of a file in this browser. */
function SampleButton({ onAdd }: { onAdd: (sample: Sample) => void }) {
  const { t } = useTranslation();
  const file = useRef<HTMLInputElement>(null);
  const read = async (first: File) => {
    // The head is enough; a large file is not read as a whole.
    const sample = sampleOf(first.name, await first.slice(0, 256 * 1024).text());
    if (sample) onAdd(sample);
    else toast(t("assistant.sample.none", { name: first.name }), undefined, "danger");
  };
  return (
    <>
      <Button size="xs" variant="ghost" icon={Upload} onClick={() => file.current?.click()}>
        {t("assistant.sample.add")}
      </Button>
      <input
        ref={file}
        type="file"
        hidden
        accept=".csv,.tsv,.txt"
        onChange={(event) => {
          const [first] = event.currentTarget.files ?? [];
          if (first) void read(first);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** What of files goes with the next question: exactly what is listed here. */
function Samples({
  samples,
  onChange,
}: {
  samples: Sample[];
  onChange: (samples: Sample[]) => void;
}) {
  const { t } = useTranslation();
  if (samples.length === 0) return null;
  return (
    <section aria-label={t("assistant.sample.title")} className="flex flex-col gap-1.5 text-xs">
      <p className="text-ink-2">{t("assistant.sample.words")}</p>
      <ul className="flex max-h-40 flex-col gap-1.5 overflow-y-auto">
        {samples.map((sample, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: two files may have one name
            key={at}
            className="flex gap-2 rounded-md border border-line bg-surface py-1 pr-1 pl-2.5"
          >
            <p className="min-w-0 grow break-words">
              <span className="font-medium">{sample.name}</span>{" "}
              <span className="text-ink-3">
                {sample.columns.map((column) => `${column.name} ${column.type}`).join(", ")}
              </span>
            </p>
            <IconButton
              icon={X}
              size="xs"
              label={t("assistant.sample.remove", { name: sample.name })}
              onClick={() => onChange(samples.filter((_, other) => other !== at))}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Answer({
  turn,
  session,
  onAgain,
}: {
  turn: Turn;
  session: AssistantSession;
  onAgain: (() => void) | undefined;
}) {
  const { t } = useTranslation();
  const taken = useTakenWords();
  const failureWords = useFailureWords();
  if (turn.state === "asking") return <Writing turn={turn} />;
  if (turn.state === "stopped") return <p className="text-ink-3">{t("assistant.stopped")}</p>;
  if (turn.error) {
    return (
      <Note tone="danger" role="alert">
        <p className="text-ink">{failureWords(turn.error)}</p>
        {isOfKey(turn.error.code) && (
          <div className="mt-2">
            <KeyField {...(onAgain ? { onSet: onAgain } : {})} />
          </div>
        )}
        {onAgain && (
          <Button size="xs" className="mt-2" onClick={onAgain}>
            {t("ui.tryAgain")}
          </Button>
        )}
      </Note>
    );
  }
  const proposal = turn.proposal;
  if (!proposal) return null;
  const left = proposal.problems.filter((problem) => problem.severity === "error").length;
  return (
    <div className="flex flex-col gap-2.5">
      {proposal.chosen.map((sentence) => (
        <p key={sentence} className="text-ink-2">
          {sentence}
        </p>
      ))}
      {proposal.stopped && (
        <Note tone="warning">
          <Sentence text={proposal.stopped} />
        </Note>
      )}
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-ink-2">
        {left > 0 ? (
          <State tone="danger" icon={CircleAlert}>
            {t("assistant.left", { count: left })}
          </State>
        ) : (
          <State tone="success" icon={CircleCheck}>
            {t("assistant.planned")}
          </State>
        )}
        <span className="text-ink-3">
          {t("assistant.rounds", { count: proposal.rounds })} · {taken(proposal.usage)}
        </span>
      </p>
      {turn.outcome !== "open" && (
        <p className="flex items-center gap-2 text-xs text-ink-3">
          <span>
            {turn.outcome === "applied"
              ? t("assistant.applied", { count: turn.applied })
              : t("assistant.discarded")}
          </span>
          <Button
            size="xs"
            variant="ghost"
            onClick={() => {
              for (const other of session.get())
                if (other.id > turn.id && other.outcome === "open")
                  session.settle(other.id, "discarded");
              session.settle(turn.id, "open");
            }}
          >
            {t("assistant.showAgain")}
          </Button>
        </p>
      )}
    </div>
  );
}

const isOfKey = (code: string) => /^llm_(key|unauthori[sz]ed)/.test(code);

/** The answer while it is written: its round, how much of it there is, and its last lines. */
function Writing({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const text = partialText(turn.heard, "schema") || partialText(turn.heard, "remarks");
  const lines = text.trimEnd().split("\n").slice(-8).join("\n");
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-center gap-2 text-xs text-ink-2">
        <span className="bone w-10" aria-hidden />
        {turn.round > 1 ? t("assistant.round", { round: turn.round }) : t("assistant.writing")}
        {text !== "" && (
          <span aria-hidden className="text-ink-3 tabular-nums">
            {t("assistant.lines", { count: text.split("\n").length })}
          </span>
        )}
      </p>
      {turn.round > 1 && turn.problems.length > 0 && (
        <p className="text-xs text-ink-3">
          {t("assistant.mends", { count: turn.problems.length })}
        </p>
      )}
      {lines !== "" && (
        <pre
          aria-hidden
          className="overflow-hidden rounded-md bg-sunken p-3 font-mono text-2xs/4 text-ink-2"
        >
          {lines}
        </pre>
      )}
    </div>
  );
}

/** Tells screen readers the rounds and the end. */
function useSpoken(turn: Turn | undefined) {
  const { t } = useTranslation();
  const told = useRef("");
  useEffect(() => {
    if (!turn) return;
    const now = `${turn.id} ${turn.state} ${turn.round}`;
    if (told.current === now) return;
    const isFirst = told.current === "";
    told.current = now;
    // What was there when the page opened is read, not announced.
    if (isFirst && turn.state !== "asking") return;
    if (turn.state === "asking")
      announce(
        turn.round > 1 ? t("assistant.round", { round: turn.round }) : t("assistant.writing"),
      );
    else if (turn.state === "answered") announce(t("assistant.ready"));
  }, [turn, t]);
}
