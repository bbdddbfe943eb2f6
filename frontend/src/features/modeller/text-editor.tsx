import { useState } from "react";
import { useTranslation } from "react-i18next";
import { parse, stringify } from "yaml";
import { Textarea } from "@/ui/input";
import { useEdit, useModeller } from "./context";
import { isRecord, type Path } from "./pointer";

/** One map of the schema as YAML; it is taken whenever it parses. */
export function TextEditor({
  path,
  value,
  label,
}: {
  path: Path;
  value: Record<string, unknown>;
  label: string;
}) {
  const { t } = useTranslation();
  const { readOnly } = useModeller();
  const { set } = useEdit();
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  return (
    <>
      <Textarea
        mono
        aria-label={label}
        {...(wrong ? { "aria-invalid": true as const } : {})}
        readOnly={readOnly}
        spellCheck={false}
        className="field-sizing-content min-h-32"
        value={typed ?? stringify(value, { lineWidth: 0 })}
        onChange={(event) => {
          const text = event.currentTarget.value;
          setTyped(text);
          try {
            const next: unknown = parse(text);
            setWrong(!isRecord(next));
            if (isRecord(next)) set(path, next);
          } catch {
            setWrong(true);
          }
        }}
        onBlur={() => {
          if (!wrong) setTyped(null);
        }}
      />
      {wrong && <p className="mt-1 text-xs text-danger">{t("modeller.doesNotParse")}</p>}
    </>
  );
}
