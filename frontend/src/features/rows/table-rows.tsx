import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { ErrorPanel, Note } from "@/ui/feedback";
import { NumberInput } from "@/ui/input";
import { Sentence } from "@/ui/words";
import { joinConditions, readOrder, splitConditions, writeOrder } from "./conditions";
import { FilterBar } from "./filter-bar";
import { Grid } from "./grid";
import { ProfilePanel } from "./profile-panel";
import {
  type GenerationTable,
  PAGE,
  type Question,
  useProfile,
  useRowPages,
  useSample,
} from "./queries";

const route = getRouteApi("/shell/generations/$generationId/rows");
/** A browser cannot show more pixels in one element than rows of this many: beyond, the rows come in blocks. */
const BLOCK = 400_000;

/** The rows of one table: filtered, ordered, as many as there are. */
export function TableRows({
  generationId,
  table,
}: {
  generationId: string;
  table: GenerationTable;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate({ from: "/generations/$generationId/rows" });
  const { where, order_by, at = 0, profile: profiled } = route.useSearch();
  const question = useMemo<Question>(
    () => ({ generationId, table: table.name, where, order_by }),
    [generationId, table.name, where, order_by],
  );
  const block = Math.floor(at / BLOCK) * BLOCK;
  const [range, setRange] = useState<[number, number]>([at, at + 40]);
  const pages = useMemo(() => {
    const first = Math.floor(range[0] / PAGE);
    const last = Math.floor(Math.max(range[0], range[1] - 1) / PAGE);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  }, [range]);
  const answer = useRowPages(question, pages);
  const profile = useProfile(generationId, table.name);
  // Of the rows that a filter leaves nothing is profiled; the first of them have to do.
  const sample = useSample(question);
  const total = answer.total ?? (where ? 0 : table.rows);
  const conditions = splitConditions(where);
  const look = (next: { where?: string; order_by?: string; at?: number }) =>
    void navigate({
      search: (before) => ({ ...before, table: table.name, at: undefined, ...next }),
    });
  const jump = (row: number) =>
    void navigate({ search: (before) => ({ ...before, table: table.name, at: row }) });
  const openProfile = (column: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, table: table.name, profile: column }) });
  const onRange = useCallback((from: number, to: number) => {
    setRange((before) => (before[0] === from && before[1] === to ? before : [from, to]));
  }, []);

  const problem = answer.error ? asProblem(answer.error) : null;
  const shownColumn = table.columns.find((each) => each.name === profiled)?.name;
  return (
    <div className="flex min-h-0 min-w-0 grow max-md:flex-col">
      <section aria-labelledby="rows-title" className="flex min-h-0 min-w-0 grow flex-col">
        <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
          <h1 id="rows-title" className="text-sm max-md:sr-only">
            {table.name}
          </h1>
          <FilterBar
            columns={table.columns}
            conditions={conditions}
            onChange={(next) => look({ where: joinConditions(next) })}
          />
          <span className="ml-auto text-xs text-ink-2 tabular-nums">
            {where && answer.total !== undefined
              ? t("rows.ofRows", {
                  count: table.rows,
                  shown: format.number(answer.total),
                })
              : t("rows.count", { count: table.rows })}
          </span>
          <Button
            icon={ChartColumn}
            aria-pressed={shownColumn !== undefined}
            onClick={() =>
              openProfile(shownColumn === undefined ? table.columns[0]?.name : undefined)
            }
          >
            {t("rows.profile.title")}
          </Button>
          <JumpField total={total} onJump={jump} />
        </header>
        {problem && problem.status === 422 ? (
          <div className="p-4">
            <Note tone="danger" role="alert">
              <p>
                <Sentence text={problem.detail} />
              </p>
              <Button size="xs" className="mt-2" onClick={() => look({ where: undefined })}>
                {t("rows.clearFilter")}
              </Button>
            </Note>
          </div>
        ) : problem && answer.rows.size === 0 ? (
          <div className="px-6">
            <ErrorPanel error={problem} onRetry={answer.refetch} />
          </div>
        ) : answer.total === 0 ? (
          <div className="p-6 text-ink-2">
            {where ? t("rows.noMatch") : t("rows.empty")}{" "}
            {where && (
              <Button size="xs" onClick={() => look({ where: undefined })}>
                {t("rows.clearFilter")}
              </Button>
            )}
          </div>
        ) : (
          <>
            <Grid
              table={table}
              rows={answer.rows}
              total={Math.min(BLOCK, Math.max(0, total - block))}
              allRows={total}
              offset={block}
              at={at}
              sample={sample.data?.items}
              profile={where ? undefined : profile.data}
              onProfile={openProfile}
              order={readOrder(order_by)}
              onOrder={(order) => look({ order_by: writeOrder(order), where })}
              onFilter={(extra) => look({ where: joinConditions([...conditions, extra]) })}
              onRange={onRange}
              onFollow={(reference, value) =>
                void navigate({
                  search: {
                    table: reference.table,
                    where: joinConditions([value]),
                  },
                })
              }
            />
            {total > BLOCK && (
              <footer className="flex h-9 shrink-0 items-center gap-2 border-t border-line px-4 text-xs text-ink-2">
                {t("rows.block", {
                  from: format.number(block + 1),
                  to: format.number(Math.min(block + BLOCK, total)),
                  total: format.number(total),
                })}
                <Button size="xs" disabled={block === 0} onClick={() => jump(block - BLOCK)}>
                  {t("rows.blockBefore")}
                </Button>
                <Button
                  size="xs"
                  disabled={block + BLOCK >= total}
                  onClick={() => jump(block + BLOCK)}
                >
                  {t("rows.blockAfter")}
                </Button>
              </footer>
            )}
          </>
        )}
      </section>
      {shownColumn !== undefined && (
        <ProfilePanel
          columns={table.columns}
          column={shownColumn}
          profile={profile.data}
          error={profile.error}
          onRetry={() => void profile.refetch()}
          onColumn={openProfile}
          onClose={() => openProfile(undefined)}
        />
      )}
    </div>
  );
}

function JumpField({ total, onJump }: { total: number; onJump: (row: number) => void }) {
  const { t } = useTranslation();
  const [row, setRow] = useState<number | null>(null);
  return (
    <form
      className="max-sm:hidden"
      onSubmit={(event) => {
        event.preventDefault();
        if (row !== null) onJump(row - 1);
      }}
    >
      <NumberInput
        size="sm"
        whole
        optional
        min={1}
        max={Math.max(total, 1)}
        value={row}
        onChange={setRow}
        aria-label={t("rows.jump")}
        placeholder={t("rows.jump")}
        className="w-28"
      />
    </form>
  );
}
