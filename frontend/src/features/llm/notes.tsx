import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Note } from "@/ui/feedback";
import { Sentence } from "@/ui/words";

/** What there is to know of columns beside what is proved: who wrote them, or what stands in for them. */
export function NoteList({
  notes,
  className,
}: {
  notes: readonly Schemas["Note"][] | undefined;
  className?: string;
}) {
  const { t } = useTranslation();
  if (!notes || notes.length === 0) return null;
  return (
    <Note {...(className === undefined ? {} : { className })}>
      <ul aria-label={t("llm.notes")} className="flex flex-col gap-1">
        {notes.map((note) => (
          <li key={`${note.table} ${note.columns.join()} ${note.text}`}>
            <code className="mono font-medium text-ink">
              {note.table}.{note.columns.join(", ")}
            </code>
            : <Sentence text={note.text} />
          </li>
        ))}
      </ul>
    </Note>
  );
}
