import { Link, useParams } from "@tanstack/react-router";
import { CircleCheck, Download, Rows3, ShieldCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCanWrite } from "@/api/session";
import { AnswersMeter } from "@/features/llm/answers-progress";
import { useFormat } from "@/i18n/format";
import { Bars } from "@/ui/bars";
import { Button, buttonClass } from "@/ui/button";
import { ListBones, Note } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { isUnderWay } from "@/ui/job-state";
import { announce } from "@/ui/live";
import { Meter } from "@/ui/mark";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Sentence } from "@/ui/words";
import { GenerationsTable } from "./generations-table";
import { NeedsKey } from "./needs-key";
import {
  type Generation,
  useCancelGeneration,
  useDatasetGenerations,
  useGeneration,
} from "./queries";
import { RecordPane } from "./record-pane";
import { useProgressEvents } from "./use-progress";

/** How far a generation is, and what came of it. */
export function ProgressPage() {
  const { generationId } = useParams({ from: "/shell/generations/$generationId" });
  const generation = useGeneration(generationId);
  useProgressEvents(generation.data);
  if (!generation.data) {
    return (
      <div className="p-8">
        <ListBones />
      </div>
    );
  }
  return <Progress generation={generation.data} />;
}

function Progress({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const canWrite = useCanWrite();
  const cancel = useCancelGeneration();
  const moving = isUnderWay(generation.state);
  const share = generation.rows_total > 0 ? generation.rows_done / generation.rows_total : 0;
  const left =
    generation.rows_per_second && generation.rows_per_second > 0
      ? (generation.rows_total - generation.rows_done) / generation.rows_per_second
      : null;
  useTitle(
    moving ? format.percent(share) : t(`ui.state.${generation.state}`),
    generation.dataset_name,
  );
  useTabIcon(generation.state, share);
  useSpokenProgress(generation.state, share);
  const speeds = useSpeeds(generation);
  const took =
    generation.started_at && generation.finished_at
      ? (Date.parse(generation.finished_at) - Date.parse(generation.started_at)) / 1000
      : null;

  return (
    <div className="flex min-h-0 grow max-lg:flex-col max-lg:overflow-y-auto">
      <div className="min-w-0 grow px-9 py-7 max-sm:px-4 lg:overflow-y-auto">
        <header className="mb-5 flex flex-wrap items-start gap-2">
          <div className="min-w-0 grow max-sm:w-full">
            <h1>{t(`generations.title.${generation.state}`, { name: generation.dataset_name })}</h1>
            <p className="text-ink-2">
              {t("generations.facts", {
                version: format.number(generation.version),
                seed: String(generation.seed),
              })}
            </p>
          </div>
          {generation.state === "succeeded" && (
            <>
              <Link
                to="/generations/$generationId/exports"
                params={{ generationId: generation.id }}
                className={buttonClass({ size: "md" })}
              >
                <Download aria-hidden className="size-4" strokeWidth={1.5} />
                {t("generations.export")}
              </Link>
              <Link
                to="/generations/$generationId/rows"
                params={{ generationId: generation.id }}
                className={buttonClass({ size: "md", variant: "primary" })}
              >
                <Rows3 aria-hidden className="size-4" strokeWidth={1.5} />
                {t("generations.browse")}
              </Link>
            </>
          )}
          {(moving || generation.state === "needs_key") && canWrite && (
            <Button
              variant="danger"
              size="md"
              busy={cancel.isPending}
              onClick={() => cancel.mutate(generation.id)}
            >
              {t("generations.cancel")}
            </Button>
          )}
        </header>
        <div className="mb-3 flex flex-wrap items-end gap-x-12 gap-y-3">
          <Figure
            value={format.percent(moving || generation.state !== "succeeded" ? share : 1)}
            label={t("generations.done")}
          />
          <Figure
            value={format.number(generation.rows_done)}
            label={t("generations.ofRows", { count: generation.rows_total })}
          />
          {moving
            ? left !== null &&
              share < 1 && <Figure value={format.duration(left)} label={t("generations.left")} />
            : took !== null && (
                <Figure value={format.duration(took)} label={t("generations.took")} />
              )}
          {speeds.length > 2 && (
            <div className="ml-auto flex items-end gap-3 max-sm:hidden">
              {generation.rows_per_second != null && (
                <span className="text-xs text-ink-3">
                  {t("generations.speed", { count: Math.round(generation.rows_per_second) })}
                </span>
              )}
              <Bars
                values={speeds}
                width={Math.min(speeds.length, 60) * 4}
                height={44}
                label={t("generations.speeds")}
              />
            </div>
          )}
        </div>
        <Meter
          thick
          value={generation.state === "succeeded" ? 1 : share}
          tone={
            generation.state === "failed"
              ? "danger"
              : generation.state === "succeeded"
                ? "success"
                : "accent"
          }
          label={t("generations.progressOf", { name: generation.dataset_name })}
        />
        {generation.state === "running" && share >= 1 && (
          <Note className="mt-5" role="status">
            {t("generations.proving")}
          </Note>
        )}
        {moving && <AnswersMeter answers={generation.answers} />}
        {generation.state === "needs_key" && <NeedsKey generation={generation} />}
        {generation.failure && generation.state !== "needs_key" && (
          <Note tone="danger" role="alert" className="mt-5">
            <p className="font-medium text-ink">{t("generations.failedWords")}</p>
            <p>
              <Sentence text={generation.failure} />
            </p>
          </Note>
        )}
        {generation.state === "cancelled" && (
          <Note className="mt-5">{t("generations.cancelledWords")}</Note>
        )}
        {generation.state === "succeeded" && generation.certificate && (
          <Link
            to="/generations/$generationId/certificate"
            params={{ generationId: generation.id }}
            className="mt-5 flex items-center gap-2 rounded-md bg-success-tint px-3 py-2 text-ink data-broken:bg-danger-tint"
            data-broken={generation.certificate.broken > 0 || undefined}
          >
            <ShieldCheck
              aria-hidden
              className={`size-4 ${generation.certificate.broken > 0 ? "text-danger" : "text-success"}`}
              strokeWidth={1.5}
            />
            <span className="grow">
              {generation.certificate.broken > 0
                ? t("certificate.broken", { count: generation.certificate.broken })
                : t("certificate.verdict.holds", { count: generation.certificate.statements })}
            </span>
            <span className="text-accent">{t("generations.openCertificate")}</span>
          </Link>
        )}
        <TableProgress generation={generation} />
        <Others generation={generation} />
      </div>
      <RecordPane generation={generation} />
    </div>
  );
}

function Figure({ value, label }: { value: string; label: string }) {
  return (
    <div>
      <div className="text-2xl font-semibold tracking-tight tabular-nums">{value}</div>
      <div className="text-xs text-ink-3">{label}</div>
    </div>
  );
}

/** What else was generated of the dataset, to compare with or to go back to. */
function Others({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const all = useDatasetGenerations(generation.dataset_id);
  const others = all.data?.items.filter((each) => each.id !== generation.id).slice(0, 5) ?? [];
  if (others.length === 0) return null;
  return (
    <section className="mt-9" aria-labelledby="other-generations">
      <div className="mb-2 flex flex-wrap items-baseline gap-x-2">
        <h2 id="other-generations" className="text-sm">
          {t("generations.others")}
        </h2>
        <span className="text-xs text-ink-3">{t("generations.same")}</span>
        <Link
          to="/datasets/$datasetId/generations"
          params={{ datasetId: generation.dataset_id }}
          className="link ml-auto text-xs"
        >
          {t("generations.allOf", { count: all.data?.total ?? others.length + 1 })}
        </Link>
      </div>
      <GenerationsTable generations={others} />
    </section>
  );
}

function TableProgress({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const succeeded = generation.state === "succeeded";
  return (
    <Table aria-label={t("generations.tables")} className="mt-5">
      <thead>
        <tr>
          <Th>{t("generations.table")}</Th>
          <Th className="w-1/2">{t("generations.progress")}</Th>
          <Th right>{t("generations.rows")}</Th>
        </tr>
      </thead>
      <tbody>
        {generation.tables.map((table) => {
          const done = succeeded || table.rows_done >= table.rows_total;
          const share = done ? 1 : table.rows_done / table.rows_total;
          return (
            <Tr key={table.name}>
              <Td dense className="max-w-40 truncate">
                {succeeded ? (
                  <Link
                    to="/generations/$generationId/rows"
                    params={{ generationId: generation.id }}
                    search={{ table: table.name }}
                    className="font-medium text-ink hover:underline"
                  >
                    {table.name}
                  </Link>
                ) : (
                  <span className="font-medium">{table.name}</span>
                )}
              </Td>
              <Td dense>
                <span className="flex items-center gap-3">
                  <Meter
                    value={share}
                    tone={done ? "success" : "accent"}
                    label={t("generations.progressOf", { name: table.name })}
                    className="grow"
                  />
                  <span className="w-11 text-right text-xs text-ink-3 tabular-nums">
                    {format.percent(share)}
                  </span>
                </span>
              </Td>
              <Td dense right>
                <span className="inline-flex items-center gap-2">
                  {done
                    ? format.number(table.rows_total)
                    : t("generations.someOf", {
                        done: format.number(table.rows_done),
                        total: format.number(table.rows_total),
                      })}
                  {done && (
                    <CircleCheck
                      role="img"
                      aria-label={t("ui.state.succeeded")}
                      className="size-3.5 text-success-solid"
                    />
                  )}
                </span>
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

/** The speeds that were told while the page was open. */
function useSpeeds(generation: Generation): number[] {
  const [speeds, setSpeeds] = useState<number[]>([]);
  const { rows_done: done, rows_per_second: speed } = generation;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step of the rows is one measure, also at the same speed
  useEffect(() => {
    if (speed != null && speed > 0) setSpeeds((before) => [...before, speed].slice(-60));
  }, [done, speed]);
  return speeds;
}

/** Tells screen readers each tenth, and the end. */
function useSpokenProgress(state: Generation["state"], share: number) {
  const { t } = useTranslation();
  const format = useFormat();
  const tenth = Math.floor(share * 10);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    announce(isUnderWay(state) ? format.percent(tenth / 10) : t(`ui.state.${state}`));
  }, [state, tenth, t, format]);
}

/** The tab's icon carries the state: a bar that fills, then a mark. */
function useTabIcon(state: Generation["state"], share: number) {
  const percent = Math.round(share * 20) * 5;
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (!link) return;
    const before = link.href;
    const style = getComputedStyle(document.documentElement);
    const ink = (name: string) => style.getPropertyValue(name);
    const scheme = style.colorScheme.includes("dark") ? "dark" : "light";
    const fill =
      state === "failed"
        ? "--danger-solid"
        : state === "succeeded"
          ? "--success-solid"
          : "--accent-solid";
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" style="color-scheme:${scheme}"><rect width="20" height="20" rx="5" style="fill:${ink("--track")}"/><rect y="${20 - percent / 5}" width="20" height="${percent / 5}" rx="3" style="fill:${ink(fill)}"/></svg>`;
    link.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    return () => {
      link.href = before;
    };
  }, [state, percent]);
}
