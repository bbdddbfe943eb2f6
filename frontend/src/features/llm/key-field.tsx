import { KeyRound } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { useLlmStatus } from "./queries";
import { forgetSessionKey, isKey, setSessionKey, useHasSessionKey } from "./session-key";

/** Takes a key for this session. It stands inside of other forms, so it is none itself. */
export function KeyField({ onSet }: { onSet?: () => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const wrong = typed.trim() !== "" && !isKey(typed);
  const use = () => {
    if (!isKey(typed)) return;
    setSessionKey(typed);
    setTyped("");
    onSet?.();
  };
  return (
    <Field
      label={t("llm.key.label")}
      hint={t("llm.key.hint")}
      error={wrong ? t("llm.key.wrong") : undefined}
    >
      {(ids) => (
        <div className="flex gap-2">
          <Input
            {...ids}
            type="password"
            icon={KeyRound}
            autoComplete="off"
            spellCheck={false}
            data-1p-ignore
            data-lpignore="true"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              event.stopPropagation();
              use();
            }}
          />
          <Button size="md" disabled={!isKey(typed)} onClick={use}>
            {t("llm.key.use")}
          </Button>
        </div>
      )}
    </Field>
  );
}

/**
 * Where the server has no key: what that means, and the field for one. With a key for this session, that it is there and how it is
 * forgotten. Nothing where the server has its own.
 */
export function KeyState({
  onSet,
  className,
  children,
}: {
  onSet?: () => void;
  className?: string;
  /** What it means here that there is no key. */
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const status = useLlmStatus();
  const own = useHasSessionKey();
  if (own) {
    return (
      <p className={`flex items-center gap-2 text-xs text-ink-2 ${className ?? ""}`}>
        <KeyRound aria-hidden className="size-3.5 shrink-0 text-ink-3" strokeWidth={1.5} />
        <span className="grow">{t("llm.key.held")}</span>
        <Button size="xs" variant="ghost" onClick={forgetSessionKey}>
          {t("llm.key.forget")}
        </Button>
      </p>
    );
  }
  if (status.data?.configured !== false) return null;
  return (
    <div className={className}>
      <Note className="mb-3">
        <p className="font-medium text-ink">{t("llm.key.none")}</p>
        <p>{children ?? t("llm.key.noneWords")}</p>
      </Note>
      <KeyField {...(onSet ? { onSet } : {})} />
    </div>
  );
}
