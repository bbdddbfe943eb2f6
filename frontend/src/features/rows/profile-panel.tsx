import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { Bars } from "@/ui/bars";
import { IconButton } from "@/ui/button";
import { cellText } from "@/ui/cell";
import { ErrorPanel, ListBones } from "@/ui/feedback";
import { Select } from "@/ui/select";
import { barsOf, type ColumnProfile, estimated } from "./profile";
import type { Column, TableProfile } from "./queries";

/** What the values of a column look like, beside its rows: figures, shape, quantiles, the most frequent values. */
export function ProfilePanel({
  columns,
  column,
  profile,
  error,
  onRetry,
  onColumn,
  onClose,
}: {
  columns: Column[];
  column: string;
  profile: TableProfile | undefined;
  error: unknown;
  onRetry: () => void;
  onColumn: (column: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const shown = profile?.columns.find((each) => each.name === column);
  return (
    <aside
      aria-label={t("rows.profile.label", { column })}
      className="scroll-thin flex w-76 shrink-0 flex-col gap-4 overflow-y-auto border-l border-line bg-canvas p-4 max-md:max-h-[45%] max-md:w-full max-md:border-t max-md:border-l-0"
    >
      <header className="flex items-center gap-2">
        <Select
          aria-label={t("rows.profile.column")}
          size="sm"
          value={column}
          onChange={onColumn}
          options={columns.map((each) => ({
            value: each.name,
            label: each.name,
            hint: each.type,
          }))}
        />
        <IconButton
          icon={X}
          label={t("rows.profile.close")}
          size="xs"
          className="ml-auto"
          onClick={onClose}
        />
      </header>
      {error && !profile ? (
        <ErrorPanel error={error} onRetry={onRetry} level="h2" />
      ) : shown && profile ? (
        <Figures profile={shown} sampled={profile.sampled_rows} />
      ) : (
        <ListBones rows={6} />
      )}
    </aside>
  );
}

function Figures({ profile, sampled }: { profile: ColumnProfile; sampled: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const bars = barsOf(profile);
  const rows = profile.count + profile.nulls;
  const about = (approximate: boolean | undefined, text: string) =>
    approximate ? t("rows.profile.about", { figure: text }) : text;
  const figures: [string, string][] = [
    ["count", format.number(profile.count)],
    [
      "nulls",
      `${format.number(profile.nulls)} · ${format.percent(rows && profile.nulls / rows, 1)}`,
    ],
  ];
  if (profile.distinct) {
    const { count, approximate } = profile.distinct;
    figures.push(["distinct", about(approximate, format.number(count))]);
  }
  const value = (key: string, each: unknown) => {
    if (each !== undefined && each !== null) figures.push([key, spelled(each, format.number)]);
  };
  value("min", profile.min);
  value("max", profile.max);
  value("mean", profile.mean);
  value("deviation", profile.standard_deviation);
  const top = profile.top?.values ?? [];
  const most = Math.max(...top.map((each) => each.count), 1);
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
        {figures.map(([key, text]) => (
          <div key={key} className="contents">
            <dt className="text-ink-2">{t(`rows.profile.figure.${key}`)}</dt>
            <dd className="min-w-0 text-right break-words tabular-nums">{text}</dd>
          </div>
        ))}
      </dl>
      {profile.histogram && bars.length > 0 && (
        <Part title={t("rows.profile.histogram")}>
          <Bars
            values={bars.map((bar) => bar.count)}
            label={t("rows.profile.bars", {
              column: profile.name,
              from: cellText(profile.min),
              to: cellText(profile.max),
            })}
            width={270}
            height={72}
            className="w-full"
          />
          <div aria-hidden className="mt-1 flex justify-between gap-2 text-2xs text-ink-3">
            <span className="truncate">{cellText(profile.min)}</span>
            <span className="truncate">{cellText(profile.max)}</span>
          </div>
        </Part>
      )}
      {profile.quantiles && (
        <Part title={t("rows.profile.quantiles")}>
          <table className="w-full text-xs">
            <tbody>
              {profile.quantiles.values.map((each) => (
                <tr key={each.at}>
                  <th scope="row" className="py-0.5 text-left font-normal text-ink-2">
                    {format.percent(each.at)}
                  </th>
                  <td className="text-right tabular-nums">{spelled(each.value, format.number)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Part>
      )}
      {top.length > 0 && (
        <Part title={t("rows.profile.top")}>
          <ul className="flex flex-col gap-1 text-xs">
            {top.map((each) => (
              <li key={cellText(each.value)} className="relative flex justify-between gap-3 px-1.5">
                <span
                  aria-hidden
                  className="absolute inset-y-0 left-0 rounded-xs bg-accent-tint"
                  style={{ width: `${(each.count / most) * 100}%` }}
                />
                <span className="relative min-w-0 truncate">
                  {cellText(each.value) || "\u00a0"}
                </span>
                <span className="relative text-ink-2 tabular-nums">
                  {about(profile.top?.approximate, format.number(each.count))}
                </span>
              </li>
            ))}
          </ul>
        </Part>
      )}
      <p className="text-2xs text-ink-3">
        {estimated(profile)
          ? t("rows.profile.estimated", { rows: format.number(sampled) })
          : t("rows.profile.exact")}
      </p>
    </>
  );
}

/** Numbers as people write them, everything else as rows spell it. */
function spelled(
  value: unknown,
  number: (value: number, options?: Intl.NumberFormatOptions) => string,
) {
  return typeof value === "number" ? number(value, { maximumFractionDigits: 4 }) : cellText(value);
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-3">
      <h2 className="pb-2 text-2xs font-medium text-ink-3">{title}</h2>
      {children}
    </section>
  );
}
