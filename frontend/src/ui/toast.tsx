import { useTranslation } from "react-i18next";
import { Toaster as Sonner, toast as sonner } from "sonner";
import { useResolvedTheme } from "./theme";

/** Says something for six seconds; `action` carries an undo. */
export function toast(
  words: string,
  action?: { label: string; onClick: () => void },
  tone: "plain" | "danger" = "plain",
) {
  const show = tone === "danger" ? sonner.error : sonner;
  show(words, action ? { action } : undefined);
}

export function Toaster() {
  const { t } = useTranslation();
  return (
    <Sonner
      theme={useResolvedTheme()}
      position="bottom-center"
      duration={6000}
      visibleToasts={3}
      containerAriaLabel={t("ui.notices")}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            "flex min-h-10 w-full items-center gap-3 rounded-lg border border-line-strong bg-raised px-3 py-2 text-sm text-ink shadow-pop",
          icon: "text-danger",
          content: "grow",
          actionButton:
            "h-7 shrink-0 rounded-md border border-line-strong px-2.5 font-medium text-accent hover:bg-hover",
        },
      }}
    />
  );
}
