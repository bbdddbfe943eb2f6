import clsx from "clsx";
import { ChevronRight, CircleCheck, CircleHelp, CircleX } from "lucide-react";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { CellValue } from "@/ui/cell";
import { Code, CopyButton } from "@/ui/code";
import { Sentence } from "@/ui/words";
import { useCertificateSql } from "./queries";
import { type Measure, type Statement, splitSql } from "./statements";

/** The places of a statement's parts where there is room for columns. */
const WIDE = "lg:grid-cols-[0.875rem_minmax(0,15rem)_minmax(0,1fr)_6rem_7rem_1rem]";

/** The heads of the columns that the rows' own words explain on a phone. */
export function StatementHead() {
  const { t } = useTranslation();
  return (
    <div
      aria-hidden
      className={clsx("hidden h-8 items-center gap-x-3 px-2 text-xs text-ink-3 lg:grid", WIDE)}
    >
      <span className="col-span-2">{t("certificate.head.statement")}</span>
      <span>{t("certificate.head.says")}</span>
      <span className="text-right">{t("certificate.head.rows")}</span>
      <span className="text-right">{t("certificate.head.observed")}</span>
    </div>
  );
}

export function StatementRow({
  generationId,
  statement,
  ids,
  startsOpen,
}: {
  generationId: string;
  statement: Statement;
  ids: string[];
  startsOpen: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [open, setOpen] = useState(startsOpen);
  const broken = statement.broken ?? 0;
  const [Icon, ink, word] =
    broken > 0
      ? ([CircleX, "text-danger-solid", t("certificate.state.broken")] as const)
      : statement.unproved
        ? ([CircleHelp, "text-warning-solid", t("certificate.state.unproved")] as const)
        : ([CircleCheck, "text-success-solid", t("certificate.state.holds")] as const);
  return (
    <li className="border-b border-line">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className={clsx(
          "grid min-h-10 w-full grid-cols-[auto_minmax(0,1fr)_auto_auto] items-center gap-x-3 px-2 py-1 text-left hover:bg-hover",
          WIDE,
        )}
      >
        <Icon role="img" aria-label={word} className={clsx("size-3.5", ink)} strokeWidth={1.75} />
        <code className="truncate text-xs">{statement.id}</code>
        <Sentence
          className="max-lg:col-span-3 max-lg:col-start-2 max-lg:row-start-2 max-lg:text-xs max-lg:text-ink-2 lg:truncate"
          text={statement.statement}
        />
        <span className="text-right text-ink-2 tabular-nums max-lg:hidden">
          {format.number(statement.checked ?? 0)}
        </span>
        <span
          className={clsx(
            "text-right text-xs whitespace-nowrap tabular-nums max-lg:col-start-3 max-lg:row-start-1",
            broken > 0 ? "font-semibold text-danger" : "text-ink-2",
          )}
        >
          {t("certificate.brokenRows", { count: broken })}
        </span>
        <ChevronRight
          aria-hidden
          className={clsx(
            "size-4 text-ink-3 ease-part transition-transform max-lg:col-start-4 max-lg:row-start-1",
            open && "rotate-90",
          )}
          strokeWidth={1.5}
        />
      </button>
      <div id={id} hidden={!open}>
        {open && <Proof generationId={generationId} statement={statement} ids={ids} />}
      </div>
    </li>
  );
}

function Proof({
  generationId,
  statement,
  ids,
}: {
  generationId: string;
  statement: Statement;
  ids: string[];
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const sql = useCertificateSql(generationId, true);
  const select = useMemo(
    () => (sql.data === undefined ? undefined : splitSql(sql.data, ids).get(statement.id)),
    [sql.data, ids, statement.id],
  );
  const broken = statement.broken ?? 0;
  const checked = statement.checked ?? 0;
  return (
    <div className="grid gap-5 px-2 pt-1 pb-4 pl-7 lg:grid-cols-[minmax(0,1fr)_15rem]">
      <div className="min-w-0">
        {select ? (
          <>
            <div className="mb-1.5 flex items-center gap-2">
              <h3 className="text-xs">{t("certificate.proof")}</h3>
              <span className="grow text-xs text-ink-3">{t("certificate.proofWords")}</span>
              <CopyButton text={select} small />
            </div>
            <Code
              text={select}
              language="sql"
              label={t("certificate.proofOf", { id: statement.id })}
              className="max-h-72"
            />
          </>
        ) : sql.isPending ? (
          <span className="bone w-1/2" />
        ) : (
          <p className="text-xs text-ink-2">{t("certificate.noSql")}</p>
        )}
        {statement.unproved && (
          <p className="mt-2 text-xs text-warning">
            <Sentence text={statement.unproved} />
          </p>
        )}
        {statement.measures && statement.measures.length > 0 && (
          <Measures measures={statement.measures} />
        )}
        {broken > 0 && statement.examples.length > 0 && (
          <Examples examples={statement.examples as Record<string, unknown>[]} />
        )}
      </div>
      <dl className="grid h-fit grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-ink-2">
        <dt>{t("certificate.checked")}</dt>
        <dd>{format.number(checked)}</dd>
        <dt>{t("certificate.holding")}</dt>
        <dd>{format.number(Math.max(0, checked - broken))}</dd>
        <dt>{t("certificate.breaking")}</dt>
        <dd className="font-semibold">{format.number(broken)}</dd>
      </dl>
    </div>
  );
}

function Measures({ measures }: { measures: Measure[] }) {
  const { t } = useTranslation();
  return (
    <dl className="mt-3 grid w-fit grid-cols-[auto_auto_auto] gap-x-4 gap-y-1 text-xs tabular-nums">
      <div className="col-span-3 grid grid-cols-subgrid text-ink-3">
        <dt className="sr-only">{t("certificate.measure.what")}</dt>
        <dd className="col-start-2">{t("certificate.measure.measured")}</dd>
        <dd>{t("certificate.measure.asked")}</dd>
      </div>
      {measures.map((measure) => (
        <div key={measure.what} className="col-span-3 grid grid-cols-subgrid">
          <dt className="text-ink-2">{measure.what}</dt>
          <dd className="col-start-2">{measure.measured}</dd>
          <dd>{measure.asked}</dd>
        </div>
      ))}
    </dl>
  );
}

function Examples({ examples }: { examples: Record<string, unknown>[] }) {
  const { t } = useTranslation();
  const columns = [...new Set(examples.flatMap((example) => Object.keys(example)))];
  return (
    <div className="mt-3">
      <h3 className="mb-1 text-xs">{t("certificate.examples")}</h3>
      <div className="overflow-x-auto rounded-md border border-line">
        <table className="w-full border-separate border-spacing-0 text-xs">
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className="h-7 bg-sunken px-2 text-left text-2xs font-medium text-ink-3"
                >
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {examples.map((example) => (
              <tr key={JSON.stringify(example)}>
                {columns.map((column) => (
                  <td key={column} className="h-7 border-t border-line px-2 whitespace-nowrap">
                    <CellValue value={example[column]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
