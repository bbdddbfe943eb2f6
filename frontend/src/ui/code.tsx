import clsx from "clsx";
import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./button";

/** Copies, and says so for a moment. */
export function CopyButton({
  text,
  label,
  small = false,
}: {
  text: string;
  label?: string;
  small?: boolean;
}) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  const words = copied ? t("ui.copied") : (label ?? t("ui.copy"));
  if (small) {
    return <IconButton icon={copied ? Check : Copy} label={words} size="xs" onClick={copy} />;
  }
  return (
    <Button size="xs" icon={copied ? Check : Copy} onClick={copy}>
      {words}
    </Button>
  );
}

const SQL =
  /(--[^\n]*)|('(?:[^']|'')*')|\b(SELECT|FROM|WHERE|AND|OR|NOT|NULL|IS|IN|AS|WITH|UNION|ALL|GROUP|BY|ORDER|HAVING|LIMIT|CASE|WHEN|THEN|ELSE|END|CAST|JOIN|LEFT|INNER|ON|TRUE|FALSE|EXISTS|BETWEEN|LIKE|DISTINCT|OVER|PARTITION|CREATE|VIEW|TABLE)\b|\b(\d+(?:\.\d+)?)\b/gi;
const YAML =
  /(#[^\n]*)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|((?<=^|[\s{,-])[\w$-]+(?=:(?:\s|$)))|(?<![\w:-])(-?\d+(?:\.\d+)?)(?![\w:-])/gm;
/** Comments, texts, words of the language, numbers; the keys of YAML have the colour that they have in its editor. */
const LANGUAGES = {
  sql: [SQL, ["text-ink-3", "text-type-text", "text-type-nested", "text-type-number"]],
  yaml: [YAML, ["text-ink-3", "text-type-text", "text-accent", "text-type-number"]],
} as const;

function pieces(text: string, language: keyof typeof LANGUAGES) {
  const [pattern, inks] = LANGUAGES[language];
  const out: { from: number; text: string; ink?: string }[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) out.push({ from: at, text: text.slice(at, match.index) });
    const kind = match.slice(1).findIndex((group) => group !== undefined);
    out.push({ from: match.index, text: match[0], ink: inks[kind] });
    at = match.index + match[0].length;
  }
  if (at < text.length) out.push({ from: at, text: text.slice(at) });
  return out;
}

/** Text of a language to be read, not written. */
export function Code({
  text,
  language,
  label,
  className,
}: {
  text: string;
  language: "sql" | "yaml" | "plain";
  label: string;
  className?: string;
}) {
  const parts = language === "plain" ? [{ from: 0, text }] : pieces(text, language);
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
      tabIndex={0}
      role="region"
      aria-label={label}
      className={clsx("scroll-thin rounded-md bg-sunken p-3 font-mono text-xs/5", className)}
    >
      <code>
        {parts.map((part) => (
          <span key={part.from} className={"ink" in part ? part.ink : undefined}>
            {part.text}
          </span>
        ))}
      </code>
    </pre>
  );
}
