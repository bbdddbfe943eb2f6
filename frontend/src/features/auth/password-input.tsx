import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Input, type InputProps } from "@/ui/input";

export function PasswordInput(props: InputProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <Input
      {...props}
      type={shown ? "text" : "password"}
      autoCapitalize="off"
      spellCheck={false}
      after={
        <button
          type="button"
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="min-h-6 shrink-0 rounded-sm px-1 text-xs text-ink-3 hover:text-ink"
        >
          {shown ? t("auth.hide") : t("auth.show")}
        </button>
      }
    />
  );
}
