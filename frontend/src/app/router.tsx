import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { DatasetLayout } from "./dataset-layout";
import { FailedPage } from "./failed-page";
import { GenerationLayout } from "./generation-layout";
import { NotFound } from "./not-found";
import { Root } from "./root";
import { Shell } from "./shell";

type Raw = Record<string, unknown>;
const text = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;
const count = (value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;

/** What the address of the schema says about the view; the modeller reads and writes it. */
export interface SchemaSearch {
  table?: string;
  column?: string;
  pane?: string;
  section?: string;
  rule?: string;
}

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("@/features/auth/setup-page"), "SetupPage"),
});

const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/datasets", replace: true });
  },
});

const datasets = createRoute({
  getParentRoute: () => shell,
  path: "/datasets",
  validateSearch: (search: Raw): { search?: string; order?: string; new?: boolean } => ({
    search: text(search.search),
    order: text(search.order),
    new: search.new === true || undefined,
  }),
  component: lazyRouteComponent(() => import("@/features/datasets/datasets-page"), "DatasetsPage"),
});

const describe = createRoute({
  getParentRoute: () => shell,
  path: "/datasets/describe",
  component: lazyRouteComponent(() => import("@/features/assistant/describe-page"), "DescribePage"),
});

const dataset = createRoute({
  getParentRoute: () => shell,
  path: "/datasets/$datasetId",
  validateSearch: (search: Raw): { generate?: boolean } => ({
    generate: search.generate === true || undefined,
  }),
  component: DatasetLayout,
});

const datasetHome = createRoute({
  getParentRoute: () => dataset,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/datasets/$datasetId/schema", params, replace: true });
  },
});

const schema = createRoute({
  getParentRoute: () => dataset,
  path: "/schema",
  validateSearch: (search: Raw): SchemaSearch => ({
    table: text(search.table),
    column: text(search.column),
    pane: text(search.pane),
    section: text(search.section),
    rule: text(search.rule),
  }),
  component: lazyRouteComponent(() => import("@/features/modeller/ModellerPage"), "ModellerPage"),
});

const plan = createRoute({
  getParentRoute: () => dataset,
  path: "/plan",
  component: lazyRouteComponent(() => import("@/features/plan/plan-page"), "PlanPage"),
});

const datasetGenerations = createRoute({
  getParentRoute: () => dataset,
  path: "/generations",
  component: lazyRouteComponent(
    () => import("@/features/generations/dataset-generations-page"),
    "DatasetGenerationsPage",
  ),
});

const versions = createRoute({
  getParentRoute: () => dataset,
  path: "/versions",
  validateSearch: (search: Raw): { version?: number; compare?: boolean } => ({
    version: count(search.version),
    compare: search.compare === true || undefined,
  }),
  component: lazyRouteComponent(() => import("@/features/versions/versions-page"), "VersionsPage"),
});

const generations = createRoute({
  getParentRoute: () => shell,
  path: "/generations",
  validateSearch: (search: Raw): { state?: string } => ({ state: text(search.state) }),
  component: lazyRouteComponent(
    () => import("@/features/generations/generations-page"),
    "GenerationsPage",
  ),
});

const generation = createRoute({
  getParentRoute: () => shell,
  path: "/generations/$generationId",
  component: GenerationLayout,
});

const progress = createRoute({
  getParentRoute: () => generation,
  path: "/",
  component: lazyRouteComponent(
    () => import("@/features/generations/progress-page"),
    "ProgressPage",
  ),
});

const rows = createRoute({
  getParentRoute: () => generation,
  path: "/rows",
  validateSearch: (
    search: Raw,
  ): { table?: string; where?: string; order_by?: string; at?: number; profile?: string } => ({
    profile: text(search.profile),
    table: text(search.table),
    where: text(search.where),
    order_by: text(search.order_by),
    at: count(search.at),
  }),
  component: lazyRouteComponent(() => import("@/features/rows/rows-page"), "RowsPage"),
});

const sql = createRoute({
  getParentRoute: () => generation,
  path: "/sql",
  validateSearch: (search: Raw): { sql?: string } => ({ sql: text(search.sql) }),
  component: lazyRouteComponent(() => import("@/features/sql/sql-page"), "SqlPage"),
});

const certificate = createRoute({
  getParentRoute: () => generation,
  path: "/certificate",
  validateSearch: (search: Raw): { search?: string; kind?: string; open?: string } => ({
    search: text(search.search),
    kind: text(search.kind),
    open: text(search.open),
  }),
  component: lazyRouteComponent(
    () => import("@/features/certificate/certificate-page"),
    "CertificatePage",
  ),
});

const generationExports = createRoute({
  getParentRoute: () => generation,
  path: "/exports",
  validateSearch: (search: Raw): { format?: string } => ({ format: text(search.format) }),
  component: lazyRouteComponent(
    () => import("@/features/exports/generation-exports-page"),
    "GenerationExportsPage",
  ),
});

const exportsList = createRoute({
  getParentRoute: () => shell,
  path: "/exports",
  component: lazyRouteComponent(() => import("@/features/exports/exports-page"), "ExportsPage"),
});

const generators = createRoute({
  getParentRoute: () => shell,
  path: "/generators",
  validateSearch: (search: Raw): { search?: string; name?: string } => ({
    search: text(search.search),
    name: text(search.name),
  }),
  component: lazyRouteComponent(
    () => import("@/features/generators/generators-page"),
    "GeneratorsPage",
  ),
});

const usage = createRoute({
  getParentRoute: () => shell,
  path: "/usage",
  validateSearch: (search: Raw): { span?: string; page?: number; generation?: string } => ({
    span: text(search.span),
    page: count(search.page),
    generation: text(search.generation),
  }),
  component: lazyRouteComponent(() => import("@/features/llm/usage-page"), "UsagePage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    setup,
    shell.addChildren([
      home,
      datasets,
      describe,
      dataset.addChildren([datasetHome, schema, plan, datasetGenerations, versions]),
      generations,
      generation.addChildren([progress, rows, sql, certificate, generationExports]),
      exportsList,
      generators,
      usage,
    ]),
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: ({ error, reset }) => <FailedPage error={error} onRetry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
