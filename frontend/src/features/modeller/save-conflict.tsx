import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import type { Conflict } from "./use-save";

/** Somebody else saved in between: says who and when, and lets one of the two hold. */
export function SaveConflict({ conflict, onClose }: { conflict: Conflict; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [busy, setBusy] = useState<"overwrite" | "reload" | null>(null);
  const { current } = conflict;
  const run = async (which: "overwrite" | "reload") => {
    setBusy(which);
    try {
      await conflict[which]();
    } finally {
      setBusy(null);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      width="sm"
      title={
        current
          ? t("modeller.conflict.title", {
              name: current.created_by?.name ?? t("modeller.conflict.someone"),
              version: current.version,
            })
          : t("modeller.conflict.untitled")
      }
      footer={
        <>
          <Button variant="ghost" onClick={onClose}>
            {t("modeller.conflict.later")}
          </Button>
          <Button busy={busy === "reload"} onClick={() => void run("reload")}>
            {t("modeller.conflict.reload")}
          </Button>
          <Button
            variant="danger"
            busy={busy === "overwrite"}
            onClick={() => void run("overwrite")}
          >
            {t("modeller.conflict.overwrite")}
          </Button>
        </>
      }
    >
      <p className="text-ink-2">
        {current && (
          <>{t("modeller.conflict.when", { when: format.relative(current.created_at) })} </>
        )}
        {t("modeller.conflict.words")}
      </p>
    </Dialog>
  );
}
