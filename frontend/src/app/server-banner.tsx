import { useQueryClient } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { Button } from "@/ui/button";

/** Says that the server is gone while any question goes unanswered, and asks again with growing pauses. */
export function ServerBanner() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [gone, setGone] = useState(false);

  useEffect(() => {
    const cache = queries.getQueryCache();
    const look = () =>
      setGone(
        cache.findAll({ type: "active" }).some((query) => {
          const error = query.state.fetchFailureReason ?? query.state.error;
          return error !== null && asProblem(error).unreachable;
        }),
      );
    return cache.subscribe(look);
  }, [queries]);

  useEffect(() => {
    if (!gone) return;
    let pause = 2000;
    let timer = setTimeout(function again() {
      void queries.refetchQueries({
        type: "active",
        predicate: (query) => query.state.error !== null,
      });
      pause = Math.min(pause * 2, 30_000);
      timer = setTimeout(again, pause);
    }, pause);
    return () => clearTimeout(timer);
  }, [gone, queries]);

  if (!gone) return null;
  return (
    <div
      role="status"
      className="flex shrink-0 items-center gap-2 border-b border-warning-line bg-warning-tint px-4 py-1.5"
    >
      <CloudOff aria-hidden className="size-4 shrink-0 text-warning" strokeWidth={1.5} />
      <span className="grow">{t("shell.serverGone")}</span>
      <Button size="xs" onClick={() => void queries.refetchQueries({ type: "active" })}>
        {t("ui.tryAgain")}
      </Button>
    </div>
  );
}
