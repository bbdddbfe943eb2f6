import { Link, Outlet, useMatches } from "@tanstack/react-router";
import clsx from "clsx";
import { Coins, Database, Download, LayoutGrid, type LucideIcon, Play, Table2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useIsPhone } from "@/ui/hooks";
import { Logo } from "@/ui/logo";
import { Tooltip } from "@/ui/tooltip";
import { PersonMenu } from "./person-menu";
import { ServerBanner } from "./server-banner";

interface Place {
  to: "/datasets" | "/generations" | "/exports" | "/generators";
  label: string;
  icon: LucideIcon;
  /** For the bar of tabs, where a word has a quarter of a phone's width. */
  short: string;
}

function usePlaces(): Place[] {
  const { t } = useTranslation();
  return [
    {
      to: "/datasets",
      label: t("shell.nav.datasets"),
      short: t("shell.nav.short.datasets"),
      icon: Database,
    },
    {
      to: "/generations",
      label: t("shell.nav.generations"),
      short: t("shell.nav.short.generations"),
      icon: Play,
    },
    {
      to: "/exports",
      label: t("shell.nav.exports"),
      short: t("shell.nav.short.exports"),
      icon: Download,
    },
    {
      to: "/generators",
      label: t("shell.nav.generators"),
      short: t("shell.nav.short.generators"),
      icon: LayoutGrid,
    },
  ];
}

/** The rail inside of a dataset or a generation, the side bar outside, a bar of tabs on a phone. */
export function Shell() {
  const { t } = useTranslation();
  const phone = useIsPhone();
  const inside = useMatches({
    select: (matches) =>
      matches.some((match) => /\/\$(datasetId|generationId)$/.test(match.routeId)),
  });
  return (
    <div className="grid h-full grid-cols-[auto_minmax(0,1fr)] max-sm:grid-cols-1 max-sm:grid-rows-[minmax(0,1fr)_auto]">
      <a
        href="#main"
        className="sr-only z-(--z-tooltip) rounded-md bg-raised px-3 py-2 shadow-pop focus:not-sr-only focus:absolute focus:top-1 focus:left-1"
      >
        {t("shell.skip")}
      </a>
      {!phone && <Side rail={inside} />}
      <main
        id="main"
        tabIndex={-1}
        className="flex min-h-0 min-w-0 flex-col bg-surface outline-none"
      >
        <ServerBanner />
        {phone && !inside && <PhoneBar />}
        <Outlet />
      </main>
      {phone && <TabBar />}
    </div>
  );
}

function Side({ rail }: { rail: boolean }) {
  const { t } = useTranslation();
  const places = usePlaces();
  return (
    <nav
      aria-label={t("shell.nav.label")}
      className={clsx(
        "flex min-h-0 flex-col border-r border-line bg-canvas pb-2",
        rail
          ? "w-(--rail) items-center"
          : "w-(--sidebar) px-2 max-md:w-(--rail) max-md:items-center",
      )}
    >
      <Link
        to="/datasets"
        aria-label={t("shell.home")}
        className="flex h-12 items-center gap-2 px-2 font-semibold tracking-tight whitespace-nowrap text-ink"
      >
        <Logo />
        <span className={clsx(rail ? "hidden" : "max-md:hidden")}>Synthetic Data AI</span>
      </Link>
      <div className="mt-1 flex flex-col gap-0.5">
        {places.map(({ to, label, icon }) => (
          <SideLink key={to} to={to} label={label} icon={icon} rail={rail} />
        ))}
      </div>
      {!rail && <Recent />}
      <div className="mt-auto flex flex-col gap-0.5">
        <SideLink to="/usage" label={t("llm.usage.title")} icon={Coins} rail={rail} />
        <PersonMenu rail={rail} />
      </div>
    </nav>
  );
}

/** A place in the side bar; in the rail its icon alone. */
function SideLink({
  to,
  label,
  icon: Icon,
  rail,
}: Pick<Place, "label" | "icon"> & { to: Place["to"] | "/usage"; rail: boolean }) {
  return (
    <Tooltip text={label} side="right">
      <Link
        to={to}
        aria-label={label}
        activeOptions={{ exact: false, includeSearch: false }}
        className={clsx(
          "flex items-center gap-2 rounded-md font-medium text-ink-2 hover:bg-hover aria-[current=page]:bg-pressed aria-[current=page]:text-ink [&>svg]:text-ink-3 aria-[current=page]:[&>svg]:text-ink",
          rail
            ? "size-9 justify-center"
            : "h-7 px-2 max-md:size-9 max-md:justify-center max-md:px-0",
        )}
      >
        <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.5} />
        <span className={clsx("truncate", rail ? "hidden" : "max-md:hidden")}>{label}</span>
      </Link>
    </Tooltip>
  );
}

/** The datasets that were changed last, a press away from every list. */
function Recent() {
  const { t } = useTranslation();
  const datasets = api.useQuery("get", "/api/v1/datasets", {
    params: { query: { order_by: "updated_at desc", limit: 3 } },
  });
  const items = datasets.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <div className="mt-4 max-md:hidden">
      <p id="recent-datasets" className="px-2 pb-1 text-2xs font-medium text-ink-3">
        {t("shell.recent")}
      </p>
      <ul aria-labelledby="recent-datasets" className="flex flex-col gap-0.5">
        {items.map((dataset) => (
          <li key={dataset.id}>
            <Link
              to="/datasets/$datasetId/schema"
              params={{ datasetId: dataset.id }}
              className="flex h-7 items-center gap-2 rounded-md px-2 text-ink-2 hover:bg-hover"
            >
              <Table2 aria-hidden className="size-4 shrink-0 text-ink-3" strokeWidth={1.5} />
              <span className="truncate">{dataset.name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

function PhoneBar() {
  const { t } = useTranslation();
  return (
    <div className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3">
      <Link
        to="/datasets"
        aria-label={t("shell.home")}
        className="flex items-center gap-2 text-ink"
      >
        <Logo />
        <span className="font-semibold">Synthetic Data AI</span>
      </Link>
      <div className="ml-auto">
        <PersonMenu rail />
      </div>
    </div>
  );
}

function TabBar() {
  const { t } = useTranslation();
  const places = usePlaces();
  return (
    <nav
      aria-label={t("shell.nav.label")}
      className="grid h-14 grid-cols-4 border-t border-line bg-canvas"
    >
      {places.map(({ to, short, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: false, includeSearch: false }}
          className="flex min-w-0 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-ink-3 aria-[current=page]:text-ink"
        >
          <Icon aria-hidden className="size-5" strokeWidth={1.5} />
          <span className="max-w-full truncate">{short}</span>
        </Link>
      ))}
    </nav>
  );
}
