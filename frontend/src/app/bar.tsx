import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PersonMenu } from "./person-menu";

/** The bar over a dataset or a generation: where one is, the tabs, and what one can do. On a phone the tabs have a line of their own. */
export function Bar({
  crumb,
  tabsLabel,
  tabs,
  actions,
  phone,
}: {
  crumb: ReactNode;
  tabsLabel: string;
  tabs: ReactNode;
  actions: ReactNode;
  phone: boolean;
}) {
  const { t } = useTranslation();
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-4 max-sm:h-auto max-sm:flex-wrap max-sm:gap-y-0 max-sm:px-3 max-sm:pt-1">
      <nav
        aria-label={t("shell.crumb")}
        className="flex min-w-0 items-center gap-1.5 whitespace-nowrap max-sm:h-11 max-sm:grow"
      >
        <Link to="/datasets" className="text-ink-3 max-lg:hidden">
          {t("shell.nav.datasets")}
        </Link>
        <span aria-hidden className="text-line-strong max-lg:hidden">
          /
        </span>
        {crumb}
      </nav>
      <span aria-hidden className="mx-1 h-[18px] w-px bg-line max-sm:hidden" />
      <nav
        aria-label={tabsLabel}
        className="flex gap-1 self-stretch overflow-x-auto max-sm:order-last max-sm:h-11 max-sm:w-full"
      >
        {tabs}
      </nav>
      <div className="ml-auto flex items-center gap-2">
        {actions}
        {phone && <PersonMenu rail />}
      </div>
    </header>
  );
}
