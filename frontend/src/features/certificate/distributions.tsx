import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useFormat } from "@/i18n/format";
import { Table, Td, Th, Tr } from "@/ui/table";

type Fit = NonNullable<Schemas["Certificate"]["distributions"]>[number];

/** How far columns are from the distributions that they declare; nothing is broken by that. */
export function Distributions({ fits }: { fits: readonly Fit[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (fits.length === 0) return null;
  const number = (value: number, digits: number) =>
    format.number(value, { maximumFractionDigits: digits });
  return (
    <section aria-labelledby="distributions" className="mt-8">
      <h2 id="distributions" className="text-md">
        {t("certificate.distributions.title")}
      </h2>
      <p className="mt-1 mb-3 max-w-prose text-xs text-ink-2">
        {t("certificate.distributions.words")}
      </p>
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached with the keyboard
        tabIndex={0}
        role="group"
        aria-label={t("certificate.distributions.title")}
        className="overflow-x-auto"
      >
        <Table className="text-xs tabular-nums">
          <thead>
            <tr>
              <Th>{t("certificate.distributions.column")}</Th>
              <Th>{t("certificate.distributions.generator")}</Th>
              <Th right>{t("certificate.distributions.values")}</Th>
              <Th right>{t("certificate.distributions.chiSquare")}</Th>
              <Th right>{t("certificate.distributions.pValue")}</Th>
            </tr>
          </thead>
          <tbody>
            {fits.map((fit) => (
              <Tr key={`${fit.table}.${fit.column} ${fit.generator}`}>
                <Td dense>
                  <code>{`${fit.table}.${fit.column}`}</code>
                </Td>
                <Td dense className="max-w-96 break-words whitespace-normal! text-ink-2">
                  <code>{fit.generator}</code>
                  {fit.outside > 0 && (
                    <p className="mt-1 text-warning">
                      {t("certificate.distributions.outside", { count: fit.outside })}
                    </p>
                  )}
                </Td>
                <Td dense right>
                  {format.number(fit.checked)}
                </Td>
                <Td dense right>
                  {fit.chi_square == null || fit.degrees_of_freedom == null
                    ? t("certificate.distributions.few")
                    : `${number(fit.chi_square, 2)} (${format.number(fit.degrees_of_freedom)})`}
                </Td>
                <Td dense right>
                  {fit.p_value == null ? "–" : number(fit.p_value, 4)}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      </div>
    </section>
  );
}
