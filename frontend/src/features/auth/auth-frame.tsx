import { Check, Globe, Moon, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES, setLanguage } from "@/i18n";
import { useFormat } from "@/i18n/format";
import { Bars } from "@/ui/bars";
import { Logo } from "@/ui/logo";
import { Menu, MenuItem } from "@/ui/menu";
import { setTheme, type Theme, useTheme } from "@/ui/theme";
import { TypeGlyph } from "@/ui/type-glyph";
import { SAMPLE } from "./sample";

const THEMES: Theme[] = ["system", "light", "dark"];

/** The way in left, what the product makes right. */
export function AuthFrame({ children }: { children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  return (
    <div className="grid h-full overflow-y-auto bg-surface lg:grid-cols-[minmax(27rem,35rem)_minmax(0,1fr)]">
      <div className="flex min-h-full flex-col px-10 py-8 max-sm:px-5 max-sm:py-5">
        <header className="flex items-center gap-2 font-semibold tracking-tight">
          <Logo className="size-[22px]" />
          Synthetic Data AI
        </header>
        <main className="m-auto w-full max-w-90 py-8">{children}</main>
        <footer className="flex items-center gap-2 text-xs">
          <Globe aria-hidden className="size-4 text-ink-3" strokeWidth={1.5} />
          {LANGUAGES.map((language) => (
            <button
              key={language}
              type="button"
              lang={language}
              aria-pressed={i18n.language === language}
              onClick={() => setLanguage(language)}
              className="min-h-6 rounded-sm px-1 text-ink-3 hover:text-ink aria-pressed:font-medium aria-pressed:text-ink max-sm:min-h-11"
            >
              {t(`shell.language.${language}`)}
            </button>
          ))}
          <Menu
            label={t("shell.person.theme")}
            side="top"
            trigger={
              <button
                type="button"
                className="ml-auto flex min-h-6 items-center gap-2 rounded-sm px-1 text-ink-3 hover:text-ink max-sm:min-h-11"
              >
                <Moon aria-hidden className="size-4" strokeWidth={1.5} />
                {t(`shell.theme.${theme}`)}
              </button>
            }
          >
            {THEMES.map((each) => (
              <MenuItem key={each} checked={theme === each} onSelect={() => setTheme(each)}>
                {t(`shell.theme.${each}`)}
              </MenuItem>
            ))}
          </Menu>
        </footer>
      </div>
      <aside
        aria-label={t("auth.sample.label")}
        className="hidden min-h-full border-l border-line bg-canvas px-16 py-10 lg:grid"
      >
        <Sample />
      </aside>
    </div>
  );
}

function Sample() {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="m-auto flex w-full max-w-184 flex-col gap-4">
      <div className="overflow-hidden rounded-lg border border-line bg-surface">
        <table lang="es-PE" className="w-full border-separate border-spacing-0 text-xs">
          <thead>
            <tr>
              {SAMPLE.columns.map((column) => (
                <th
                  key={column.name}
                  scope="col"
                  className="h-7 border-b border-line bg-sunken px-2 text-left font-medium whitespace-nowrap text-ink not-last:border-r"
                >
                  <span className="flex items-center gap-1.5">
                    <TypeGlyph type={column.type} named={false} className="size-3" />
                    {column.name}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {SAMPLE.rows.map((row) => (
              <tr key={row[0]} className="group">
                {SAMPLE.columns.map((column, at) => (
                  <td
                    key={column.name}
                    className={`h-6.5 border-line px-2 whitespace-nowrap not-last:border-r group-not-last:border-b ${"right" in column ? "text-right tabular-nums" : ""}`}
                  >
                    {row[at] ?? <span className="text-2xs text-ink-3">null</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="grid grid-cols-[2fr_3fr] gap-4">
        <div className="rounded-lg border border-line bg-surface p-4">
          <div className="mb-3 flex justify-between gap-2 text-xs">
            <span className="font-medium">{SAMPLE.chart.column}</span>
            <span className="text-ink-3">{t("auth.sample.byMonth")}</span>
          </div>
          <Bars
            values={[...SAMPLE.chart.counts]}
            label={t("auth.sample.chart", {
              column: SAMPLE.chart.column,
              least: Math.min(...SAMPLE.chart.counts),
              most: Math.max(...SAMPLE.chart.counts),
            })}
            width={240}
            height={72}
            gap={3}
            className="h-auto w-full"
          />
        </div>
        <div className="rounded-lg border border-line bg-surface p-4">
          <div className="mb-2 flex items-center gap-2 font-semibold">
            <ShieldCheck aria-hidden className="size-4 text-success" strokeWidth={1.75} />
            {t("certificate.verdict.holds", { count: SAMPLE.statements })}
          </div>
          <ul className="flex flex-col gap-1.5">
            {SAMPLE.rules.map((rule) => (
              <li key={rule.id} className="flex items-center gap-2 text-xs">
                <Check aria-hidden className="size-3.5 shrink-0 text-success" />
                <code className="truncate">{rule.id}</code>
                <span className="ml-auto whitespace-nowrap text-ink-3">
                  {t("auth.sample.rule", {
                    count: rule.checked,
                    rows: format.number(rule.checked),
                  })}
                </span>
              </li>
            ))}
          </ul>
        </div>
      </div>
      <p className="mt-2 max-w-112 text-md text-ink-2">{t("auth.sample.words")}</p>
    </div>
  );
}
