import clsx from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** The buttons at the bottom, the primary one last. */
  footer?: ReactNode;
  width?: "sm" | "md" | "lg";
  /** False: neither Escape nor a press outside closes it. */
  dismissable?: boolean;
  /** The padding of its body; a body of panes sets its own. */
  flush?: boolean;
  children: ReactNode;
}

const widths = { sm: "sm:max-w-100", md: "sm:max-w-140", lg: "sm:max-w-180" };

/** The focus goes to the dialog itself, whose title is read, unless a field of it asks for the focus. */
function focusDialog(event: Event) {
  const dialog = event.currentTarget as HTMLElement;
  event.preventDefault();
  (dialog.querySelector<HTMLElement>("[data-autofocus]") ?? dialog).focus();
}

/** A dialog; on a phone it takes the whole height. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  footer,
  width = "md",
  dismissable = true,
  flush = false,
  children,
}: DialogProps) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={open} onOpenChange={(next) => (dismissable || next) && onOpenChange(next)}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-(--z-dialog) grid place-items-center bg-scrim fade sm:p-6">
          <Radix.Content
            {...(description ? {} : { "aria-describedby": undefined })}
            onOpenAutoFocus={focusDialog}
            className={clsx(
              "flex max-h-full w-full flex-col overflow-hidden border border-line-strong bg-raised shadow-dialog outline-none appear-slow max-sm:h-full sm:rounded-xl",
              widths[width],
            )}
          >
            <header className="flex items-start gap-3 border-b border-line px-5 py-4">
              <div className="min-w-0 grow">
                <Radix.Title>{title}</Radix.Title>
                {description && (
                  <Radix.Description className="text-xs text-ink-3">
                    {description}
                  </Radix.Description>
                )}
              </div>
              {dismissable && (
                <IconButton icon={X} label={t("ui.close")} onClick={() => onOpenChange(false)} />
              )}
            </header>
            <div className={clsx("min-h-0 grow overflow-y-auto", !flush && "p-5")}>{children}</div>
            {footer && (
              <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line bg-canvas px-5 py-3">
                {footer}
              </footer>
            )}
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A pane that slides over the page: from the right, on a phone from below. */
export function Sheet({
  open,
  onOpenChange,
  title,
  side = "right",
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  side?: "right" | "left" | "bottom";
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-(--z-dialog) bg-scrim fade" />
        <Radix.Content
          aria-describedby={undefined}
          onOpenAutoFocus={focusDialog}
          className={clsx(
            "fixed z-(--z-dialog) flex flex-col border-line-strong bg-raised shadow-dialog outline-none appear",
            side === "bottom" && "inset-x-0 bottom-0 max-h-[88dvh] rounded-t-xl border-t",
            side === "right" && "inset-y-0 right-0 w-[min(100vw,24rem)] border-l",
            side === "left" && "inset-y-0 left-0 w-[min(88vw,18rem)] border-r",
          )}
        >
          <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-4">
            <Radix.Title className="min-w-0 grow truncate">{title}</Radix.Title>
            <IconButton icon={X} label={t("ui.close")} onClick={() => onOpenChange(false)} />
          </header>
          <div className="min-h-0 grow overflow-y-auto">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
