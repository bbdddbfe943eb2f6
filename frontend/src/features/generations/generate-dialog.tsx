import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dices, Lock } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, fetchText, type Schemas } from "@/api/client";
import { asProblem } from "@/api/problem";
import { GenerateCost } from "@/features/llm/generate-cost";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Dialog } from "@/ui/dialog";
import { useFailureWords } from "@/ui/failure";
import { Note } from "@/ui/feedback";
import { Field } from "@/ui/field";
import { commandKey, useDebounced } from "@/ui/hooks";
import { Input, NumberInput } from "@/ui/input";
import { ProblemList } from "@/ui/problems";
import { drawSeed, estimate } from "./estimate";
import { useCreateGeneration, useDatasetGenerations } from "./queries";

const SCALES = ["1", "10", "100", "1000"] as const;

type Parameters = Record<string, unknown>;

/** What a schema lets one set, and its own seed. */
function useSchema(dataset: Schemas["Dataset"]) {
  return useQuery({
    queryKey: ["schema-json", dataset.id, dataset.version],
    queryFn: async ({ signal }) => {
      const { text } = await fetchText(
        `/api/v1/datasets/${dataset.id}/schema?version=${dataset.version}`,
        { headers: { accept: "application/json" }, signal },
      );
      return JSON.parse(text) as {
        parameters?: Parameters;
        tables?: { name: string; rows?: unknown }[];
      };
    },
  });
}

/** What will be made, from which seed, and how much that is. The counts are the plan's, asked anew with each change. */
export function GenerateDialog({
  dataset,
  onClose,
}: {
  dataset: Schemas["Dataset"];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const create = useCreateGeneration(dataset.id);
  const schema = useSchema(dataset);
  const earlier = useDatasetGenerations(dataset.id);
  const [scale, setScale] = useState<(typeof SCALES)[number] | "own">("1");
  const [rows, setRows] = useState<Record<string, number>>({});
  const [parameters, setParameters] = useState<Parameters>({});
  const [seed, setSeed] = useState<number | null>(null);
  const [ceiling, setCeiling] = useState<number | null>(null);

  const choice = {
    ...(Object.keys(rows).length > 0 ? { rows } : {}),
    ...(scale !== "1" && scale !== "own" ? { scale: Number(scale) } : {}),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(seed === null ? {} : { seed }),
  };
  const asked = useDebounced(JSON.stringify(choice), 200);
  const plan = useQuery({
    queryKey: ["generate-plan", dataset.id, dataset.version, asked],
    enabled: schema.data !== undefined,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Schemas["PlanReport"]> => {
      const { data } = await client.POST("/api/v1/plan", {
        body: { schema: schema.data as Record<string, unknown>, ...JSON.parse(asked) },
        signal,
      });
      return data as Schemas["PlanReport"];
    },
  });
  const settled = asked === JSON.stringify(choice) && !plan.isPlaceholderData && !plan.isFetching;
  const failureWords = useFailureWords();
  const problem = plan.error ? asProblem(plan.error) : null;
  const failure = create.error ? asProblem(create.error) : null;
  const tables = plan.data?.tables ?? [];
  const total = tables.reduce((sum, table) => sum + table.rows, 0);
  const last = earlier.data?.items.find(
    (generation) => generation.state === "succeeded" && generation.rows_total > 10_000,
  );
  const hint = estimate(
    tables.map((table) => ({ rows: table.rows, columns: table.columns.length })),
    last?.rows_per_second,
  );
  const source = new Map(schema.data?.tables?.map((table) => [table.name, table.rows]));

  const whence = (table: Schemas["TableReport"]) => {
    const said = source.get(table.name);
    if (table.name in rows) return t("generate.from.you");
    if (typeof said === "string") return said.replace(/^\$\{(.*)\}$/, "$1");
    if (said === undefined && table.parents.length > 0) {
      return t("generate.from.parents", { parents: format.list(table.parents) });
    }
    return t("generate.from.schema");
  };

  // A press that comes before the plan has answered the last change waits for it: the count on the button is what will be made.
  const [wanted, setWanted] = useState(false);
  const submit = () => {
    if (!create.isPending && plan.data) setWanted(true);
  };
  const start = useEffectEvent(() => {
    setWanted(false);
    if (problem) return;
    create.mutate(
      {
        ...choice,
        version: dataset.version,
        ...(ceiling === null ? {} : { llm_ceiling_usd: ceiling }),
      },
      {
        onSuccess: (generation) =>
          void navigate({
            to: "/generations/$generationId",
            params: { generationId: generation.id },
          }),
      },
    );
  });
  useEffect(() => {
    if (wanted && settled) start();
  }, [wanted, settled]);

  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="lg"
      flush
      title={t("generate.title", { name: dataset.name })}
      description={t("generate.description", {
        version: format.number(dataset.version),
        rules: t("generate.rules", { count: plan.data?.rules.length ?? 0 }),
      })}
      footer={
        <>
          <Button size="md" onClick={onClose}>
            {t("ui.cancel")}
          </Button>
          <Button
            size="md"
            variant="primary"
            keys={`${commandKey}↵`}
            busy={create.isPending || wanted}
            reason={problem ? t("generate.doesNotPlan") : undefined}
            disabled={!plan.data}
            onClick={submit}
          >
            {plan.data ? t("generate.submit", { count: total }) : t("generate.open")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="grid sm:grid-cols-[minmax(0,1fr)_15rem]"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
            event.preventDefault();
            submit();
          }
        }}
      >
        <div className="flex min-w-0 flex-col gap-5 p-5">
          {(problem || failure) && (
            <Note tone="danger" role="alert">
              {(problem ?? failure)?.errors.length ? (
                <ProblemList problems={(problem ?? failure)?.errors ?? []} />
              ) : (
                failureWords(problem ?? failure)
              )}
            </Note>
          )}
          <section>
            <div className="mb-2 flex flex-wrap items-center gap-2">
              <h3 className="grow text-xs font-medium text-ink-2">{t("generate.rowsHead")}</h3>
              <span className="text-xs text-ink-3">{t("generate.scale")}</span>
              <Segment
                label={t("generate.scale")}
                value={scale}
                onChange={setScale}
                options={SCALES.map((value) => ({
                  value,
                  label: `${format.number(Number(value))}×`,
                }))}
              />
            </div>
            <div className="overflow-hidden rounded-lg border border-line">
              <table className="w-full border-separate border-spacing-0 text-xs">
                <thead className="text-left text-2xs text-ink-3 [&_th]:h-7 [&_th]:border-b [&_th]:border-line [&_th]:bg-sunken [&_th]:px-2 [&_th]:font-medium">
                  <tr>
                    <th scope="col">{t("generate.table")}</th>
                    <th scope="col" className="max-sm:hidden">
                      {t("generate.whence")}
                    </th>
                    <th scope="col" className="w-36 text-right">
                      {t("generate.rowsHead")}
                    </th>
                  </tr>
                </thead>
                <tbody className="[&_td]:h-9 [&_td]:border-b [&_td]:border-line [&_td]:px-2">
                  {tables.map((table) => (
                    <tr key={table.name}>
                      <th scope="row" className="border-b border-line px-2 text-left font-medium">
                        {table.name}
                      </th>
                      <td className="text-ink-2 max-sm:hidden">{whence(table)}</td>
                      <td className="text-right">
                        <NumberInput
                          size="sm"
                          whole
                          optional
                          min={0}
                          aria-label={t("generate.rowsOf", { table: table.name })}
                          className="[&_input]:text-right"
                          value={rows[table.name] ?? table.rows}
                          show={(value) => format.number(value)}
                          onChange={(value) =>
                            setRows((before) => {
                              const { [table.name]: own, ...others } = before;
                              const same = own === undefined && value === table.rows;
                              return value === null || same
                                ? others
                                : { ...others, [table.name]: value };
                            })
                          }
                        />
                      </td>
                    </tr>
                  ))}
                </tbody>
                <tfoot>
                  <tr className="bg-sunken font-semibold [&>*]:h-9 [&>*]:px-2">
                    <th scope="row" className="text-left">
                      {t("generate.total")}
                    </th>
                    <td className="max-sm:hidden" />
                    <td className="pr-4 text-right tabular-nums">{format.number(total)}</td>
                  </tr>
                </tfoot>
              </table>
            </div>
            {Object.keys(rows).length > 0 && (
              <Button variant="ghost" size="xs" className="mt-1" onClick={() => setRows({})}>
                {t("generate.resetRows")}
              </Button>
            )}
          </section>
          <ParameterFields
            defaults={schema.data?.parameters ?? {}}
            values={parameters}
            onChange={setParameters}
          />
          <Field label={t("generate.seed")} hint={t("generate.seedHint")}>
            {(ids) => (
              <div className="flex flex-wrap gap-2">
                <Input
                  {...ids}
                  readOnly
                  value={String(seed ?? plan.data?.seed ?? "")}
                  className="w-52 bg-sunken"
                  after={
                    seed === null ? (
                      <Lock aria-hidden className="size-3.5 text-ink-3" strokeWidth={1.5} />
                    ) : undefined
                  }
                />
                <Button size="md" icon={Dices} onClick={() => setSeed(drawSeed())}>
                  {t("generate.anotherSeed")}
                </Button>
                {seed !== null && (
                  <Button size="md" variant="ghost" onClick={() => setSeed(null)}>
                    {t("generate.ownSeed")}
                  </Button>
                )}
              </div>
            )}
          </Field>
          <GenerateCost pools={plan.data?.llm} ceiling={ceiling} onCeiling={setCeiling} />
          <button type="submit" hidden />
        </div>
        <aside className="flex flex-col gap-4 border-line p-5 max-sm:border-t sm:border-l">
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs [&_dd]:text-right [&_dd]:whitespace-nowrap [&_dd]:tabular-nums [&_dt]:text-ink-3">
            <dt>{t("generate.time")}</dt>
            <dd>
              {hint.seconds < 1 ? t("generate.underSecond") : `≈ ${format.duration(hint.seconds)}`}
            </dd>
            <dt>{t("generate.size")}</dt>
            <dd>≈ {format.bytes(hint.bytes)}</dd>
            <dt>{t("generate.today")}</dt>
            <dd>{plan.data?.reference_time.slice(0, 10)}</dd>
            <dt>{t("generate.locale")}</dt>
            <dd>{plan.data?.locale}</dd>
          </dl>
          <Note>{t("generate.note")}</Note>
          {plan.data && plan.data.warnings.length > 0 && (
            <Note tone="warning">
              <ProblemList problems={plan.data.warnings} />
            </Note>
          )}
        </aside>
      </form>
    </Dialog>
  );
}

function ParameterFields({
  defaults,
  values,
  onChange,
}: {
  defaults: Parameters;
  values: Parameters;
  onChange: (values: Parameters) => void;
}) {
  const { t } = useTranslation();
  const names = Object.keys(defaults);
  if (names.length === 0) return null;
  const set = (name: string, value: unknown) => {
    const { [name]: _, ...others } = values;
    onChange(value === null || value === defaults[name] ? others : { ...others, [name]: value });
  };
  return (
    <fieldset>
      <legend className="mb-2 text-xs font-medium text-ink-2">{t("generate.parameters")}</legend>
      <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
        {names.map((name) => {
          const own = defaults[name];
          return (
            <Field key={name} label={<span className="mono">{name}</span>}>
              {(ids) =>
                typeof own === "number" ? (
                  <NumberInput
                    {...ids}
                    whole={Number.isInteger(own)}
                    value={(values[name] ?? own) as number}
                    onChange={(value) => set(name, value)}
                  />
                ) : (
                  <Input
                    {...ids}
                    value={String(values[name] ?? own ?? "")}
                    onChange={(event) => set(name, event.currentTarget.value)}
                  />
                )
              }
            </Field>
          );
        })}
      </div>
    </fieldset>
  );
}
