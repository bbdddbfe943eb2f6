import clsx from "clsx";
import type { TFunction } from "i18next";
import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiProblem, asProblem } from "@/api/problem";
import { Button } from "./button";
import { useDelayed } from "./hooks";
import { Sentence } from "./words";

/** Bones in the shape of a list; nothing for the first 150 ms. */
export function ListBones({ rows = 5, tall = false }: { rows?: number; tall?: boolean }) {
  const { t } = useTranslation();
  const late = useDelayed(true);
  return (
    <div role="status" aria-label={t("ui.loading")} className="min-h-40">
      {late &&
        Array.from({ length: rows }, (_, row) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
            key={row}
            className={clsx("flex items-center gap-6 border-b border-line", tall ? "h-13" : "h-10")}
          >
            <span className="bone w-1/4" />
            <span className="bone w-1/6" />
            <span className="bone ml-auto w-1/12" />
          </div>
        ))}
    </div>
  );
}

/** What will be here, and the ways in. */
export function Empty({
  icon: Icon,
  title,
  level: Heading = "h2",
  children,
  actions,
}: {
  icon?: LucideIcon;
  title: ReactNode;
  level?: "h1" | "h2";
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-1 py-8">
      {Icon && <Icon aria-hidden className="mb-2 size-5 text-ink-3" strokeWidth={1.5} />}
      <Heading className="text-lg">{title}</Heading>
      {children && <div className="max-w-140 text-ink-2">{children}</div>}
      {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

/** What happened, in a few words. */
export function errorTitle(problem: ApiProblem, t: TFunction): string {
  if (problem.unreachable) return t("ui.error.unreachable");
  if (problem.status === 404) return t("ui.error.notFound");
  if (problem.status === 403) return t("ui.error.forbidden");
  return t("ui.error.failed");
}

/** What happened and one way on; the request's id on demand. */
export function ErrorPanel({
  error,
  onRetry,
  level: Heading = "h2",
}: {
  error: unknown;
  onRetry?: () => void;
  level?: "h1" | "h2";
}) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const problem = asProblem(error);
  return (
    <div role="alert" className="flex flex-col items-start gap-1 py-8">
      <CircleAlert aria-hidden className="mb-2 size-5 text-danger" strokeWidth={1.5} />
      <Heading className="text-lg">{errorTitle(problem, t)}</Heading>
      {problem.detail && (
        <p className="max-w-140 text-ink-2">
          <Sentence text={problem.detail} />
        </p>
      )}
      <div className="mt-3 flex flex-wrap items-center gap-2">
        {onRetry && <Button onClick={onRetry}>{t("ui.tryAgain")}</Button>}
        {problem.requestId &&
          (shown ? (
            <code className="text-xs text-ink-2">{problem.requestId}</code>
          ) : (
            <Button variant="ghost" onClick={() => setShown(true)}>
              {t("ui.error.showRequest")}
            </Button>
          ))}
      </div>
    </div>
  );
}

const notes = {
  neutral: ["bg-neutral-tint", "text-ink-3", Info],
  success: ["bg-success-tint", "text-success", CircleCheck],
  warning: ["bg-warning-tint", "text-warning", TriangleAlert],
  danger: ["bg-danger-tint", "text-danger", CircleAlert],
} as const;

export function Note({
  tone = "neutral",
  className,
  role,
  children,
}: {
  tone?: keyof typeof notes;
  className?: string;
  role?: "alert" | "status";
  children: ReactNode;
}) {
  const [ground, ink, Icon] = notes[tone];
  return (
    <div
      role={role}
      className={clsx("flex gap-2 rounded-md px-3 py-2 text-xs text-ink-2", ground, className)}
    >
      <Icon aria-hidden className={clsx("mt-0.5 size-3.5 shrink-0", ink)} strokeWidth={1.75} />
      <div className="min-w-0 grow">{children}</div>
    </div>
  );
}
