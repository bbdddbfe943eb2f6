import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { FormPath } from "@/forms/context";
import { SchemaForm } from "@/forms/schema-form";
import { inputClass } from "@/ui/input";
import { Popover } from "@/ui/menu";
import { useEdit, useModeller } from "./context";
import { GeneratorPicker, useGeneratorWords } from "./generator-picker";
import { isRecord, type Path } from "./pointer";

/** A generator inside another one, or of a draw: its choice, and the form of its parameters under it. */
export function GeneratorField({
  path,
  formPath,
  value,
  label,
}: {
  path: Path;
  formPath: FormPath;
  value: unknown;
  label: string;
}) {
  const { catalogue } = useModeller();
  const { set } = useEdit();
  const raw = isRecord(value) ? value : undefined;
  const known = catalogue.find(raw ? String(raw.type) : undefined);
  return (
    <div className="flex flex-col gap-3 border-l-2 border-line pl-3">
      <GeneratorButton name={label} value={raw} onTake={(generator) => set(path, generator)} />
      {known && known.fields.length > 0 && (
        <SchemaForm fields={known.fields} path={formPath} value={raw} />
      )}
    </div>
  );
}

interface ButtonProps {
  name: string;
  value: Record<string, unknown> | undefined;
  /** What the plan chose where nothing is written. */
  planned?: string | undefined;
  type?: string | undefined;
  id?: string;
  onTake: (generator: Record<string, unknown>) => void;
}

/** The generator that is chosen, with what it is; pressing it opens the picker. */
export function GeneratorButton({ name, value, planned, type, id, onTake }: ButtonProps) {
  const { t } = useTranslation();
  const { catalogue, readOnly } = useModeller();
  const [open, setOpen] = useState(false);
  const written = value ? String(value.type ?? "") : "";
  const shown = written === "" || written === "auto" ? (planned ?? "") : written;
  const known = catalogue.find(shown);
  const wordsFor = useGeneratorWords();
  const words = known && wordsFor(known);
  return (
    <Popover
      open={open && !readOnly}
      onOpenChange={setOpen}
      align="end"
      label={t("modeller.picker.title")}
      trigger={
        <button
          id={id}
          type="button"
          className={inputClass(
            "md",
            written !== "" && written !== "auto" && !known,
            "text-left hover:bg-hover",
          )}
        >
          <span className="sr-only">{t("modeller.head.generator")}: </span>
          <span className={shown === written ? "shrink-0" : "shrink-0 text-ink-3"}>
            {shown || t("modeller.picker.choose")}
          </span>{" "}
          <span className="min-w-0 truncate text-xs text-ink-3">{words}</span>
          <ChevronDown
            aria-hidden
            className="ml-auto size-3.5 shrink-0 text-ink-3"
            strokeWidth={1.5}
          />
        </button>
      }
    >
      <GeneratorPicker
        target={{ name, value, planned, type }}
        onTake={(generator) => {
          setOpen(false);
          onTake(generator);
        }}
        onClose={() => setOpen(false)}
      />
    </Popover>
  );
}
