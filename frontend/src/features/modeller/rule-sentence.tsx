import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { useWords } from "@/i18n/words";
import { useModeller } from "./context";
import type { RuleView } from "./model";
import { brief, summarize } from "./summary";

/**
 * A rule as a sentence: the locale's template for its kind, with the rule's values in it; a kind that the locale does
 * not know gets its description and its values.
 */
export function RuleSentence({ rule }: { rule: RuleView }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const words = useWords();
  const { catalogue } = useModeller();
  const variant = catalogue.rules.find((entry) => entry.name === rule.kind);
  const values = Object.fromEntries(
    Object.entries(rule.raw).map(([key, value]) => [key, brief(value)]),
  );
  // Which of a kind's sentences fits is told by the keys that are written, as in `count_exactly`.
  const special = Object.keys(rule.raw).find((key) =>
    i18n.exists(`modeller.rule.${rule.kind}_${key}`),
  );
  const key = special ? `modeller.rule.${rule.kind}_${special}` : `modeller.rule.${rule.kind}`;
  const write = {
    number: (value: number) => format.number(value),
    percent: (share: number) => format.percent(share),
  };
  const shares = summarize(rule.raw, [], write, [
    "id",
    "kind",
    "description",
    "when",
    "tolerance",
    "column",
  ])
    .map((part) => part.text)
    .join(" · ");
  let sentence: string;
  if (i18n.exists(key))
    sentence = t(`modeller.rule.${key.slice("modeller.rule.".length)}`, { ...values, shares });
  else {
    const parts = summarize(rule.raw, [], write, ["id", "kind", "description", "when"]);
    sentence = [
      variant && words(variant.description).replace(/\.$/, ""),
      parts.map((part) => [part.name, part.text].filter(Boolean).join(" ")).join(" · "),
    ]
      .filter(Boolean)
      .join(": ");
  }
  return (
    <>
      {sentence}
      {typeof rule.raw.when === "string" && rule.raw.when !== "" && (
        <>
          {" "}
          {t("modeller.where")} <code className="mono">{rule.raw.when}</code>
        </>
      )}
    </>
  );
}
