import clsx from "clsx";
import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";

export interface FieldIds {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

/** A label, its control and what is to be said about it. The control takes the ids: `{(ids) => <Input {...ids} />}`. */
export function Field({
  label,
  hint,
  error,
  className,
  inline = false,
  children,
}: {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  className?: string;
  /** Label left, control right. */
  inline?: boolean;
  children: (ids: FieldIds) => ReactNode;
}) {
  const id = useId();
  const said = error ?? hint;
  return (
    <div
      className={clsx(
        inline ? "grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3" : "flex flex-col gap-1",
        className,
      )}
    >
      <label htmlFor={id} className="text-xs font-medium text-ink-2">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": said ? `${id}-said` : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {said && (
        <p
          id={`${id}-said`}
          className={clsx("col-span-2 flex gap-1 text-xs", error ? "text-danger" : "text-ink-3")}
        >
          {error && <CircleAlert aria-hidden className="mt-[3px] size-3 shrink-0" />}
          <span className="min-w-0">{said}</span>
        </p>
      )}
    </div>
  );
}
