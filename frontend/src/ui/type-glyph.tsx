import clsx from "clsx";
import {
  Braces,
  Calendar,
  Fingerprint,
  Hash,
  type LucideIcon,
  ToggleLeft,
  Type,
} from "lucide-react";

const families: [RegExp, LucideIcon, string][] = [
  [/^(integer|decimal|float|number)/, Hash, "text-type-number"],
  [/^bool/, ToggleLeft, "text-type-boolean"],
  [/^(date|time|datetime|timestamp|duration)/, Calendar, "text-type-time"],
  [/^(uuid|bytes)/, Fingerprint, "text-type-key"],
  [/^(json|list|object|array)/, Braces, "text-type-nested"],
];

/** The mark of a logical type; its name stands beside it or is read out. */
export function TypeGlyph({
  type,
  named = true,
  className,
}: {
  type: string;
  /** False where the type's name stands beside it. */
  named?: boolean;
  className?: string;
}) {
  const [, Icon, ink] = families.find(([pattern]) => pattern.test(type)) ?? [
    null,
    Type,
    "text-type-text",
  ];
  return (
    <Icon
      {...(named ? { role: "img", "aria-label": type } : { "aria-hidden": true })}
      className={clsx("size-3.5 shrink-0", ink, className)}
      strokeWidth={1.75}
    />
  );
}
