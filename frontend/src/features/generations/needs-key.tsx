import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { KeyField } from "@/features/llm/key-field";
import { useCanAsk } from "@/features/llm/queries";
import { useHasSessionKey } from "@/features/llm/session-key";
import { Button } from "@/ui/button";
import { useFailureWords } from "@/ui/failure";
import { Sentence } from "@/ui/words";
import { type Generation, useResumeGeneration } from "./queries";

/** A generation that waits for a key: what it keeps meanwhile, the field for one, and the way on. */
export function NeedsKey({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const canWrite = useCanWrite();
  const canAsk = useCanAsk();
  const own = useHasSessionKey();
  const resume = useResumeGeneration();
  const failureWords = useFailureWords();
  return (
    <section
      aria-label={t("ui.state.needs_key")}
      className="mt-5 flex flex-col gap-3 rounded-lg border border-warning-line bg-warning-tint px-4 py-3"
    >
      <div className="flex gap-2">
        <KeyRound aria-hidden className="mt-0.5 size-4 shrink-0 text-warning" strokeWidth={1.5} />
        <div>
          <p className="font-medium">{t("generations.needsKey.title")}</p>
          {generation.failure && (
            <p className="text-ink-2">
              <Sentence text={generation.failure} />
            </p>
          )}
          <p className="text-ink-2">{t("generations.needsKey.words")}</p>
        </div>
      </div>
      {canWrite && (
        <>
          {!own && (
            <div className="max-w-120">
              <KeyField onSet={() => resume.mutate(generation.id)} />
            </div>
          )}
          <div>
            <Button
              variant="primary"
              size="md"
              busy={resume.isPending}
              {...(canAsk === false ? { reason: t("assistant.needsKey") } : {})}
              onClick={() => resume.mutate(generation.id)}
            >
              {t("generations.needsKey.resume")}
            </Button>
          </div>
          {resume.error && (
            <p role="alert" className="text-xs text-danger">
              {failureWords(resume.error)}
            </p>
          )}
        </>
      )}
    </section>
  );
}
