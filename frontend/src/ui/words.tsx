import { useTranslation } from "react-i18next";
import { plainOf, useWords } from "@/i18n/words";

/** A sentence whose `names` stand between backticks. */
export function Words({ text }: { text: string }) {
  const parts = text.split("`").map((part, at) => ({ part, at, isName: at % 2 === 1 }));
  return parts.map(({ part, at, isName }) =>
    isName ? (
      <code key={at} className="mono">
        {part}
      </code>
    ) : (
      part
    ),
  );
}

/** A sentence of the server in the language of the interface; where it is in none but English, it says so. */
export function Sentence({ text, className }: { text: string; className?: string }) {
  const { i18n } = useTranslation();
  const words = useWords();
  const said = words(text);
  const isEnglish = !i18n.language.startsWith("en") && said === plainOf(text);
  return (
    <span className={className} lang={isEnglish ? "en" : undefined}>
      <Words text={said} />
    </span>
  );
}
