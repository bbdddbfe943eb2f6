import { useState } from "react";
import { Input } from "@/ui/input";
import { isTextUndo } from "./text-undo";

/** A name that is committed when it is left, since every key on the way would be another name. */
export function NameField({
  value,
  label,
  focus = true,
  onCommit,
}: {
  value: string;
  label: string;
  focus?: boolean;
  onCommit: (name: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  return (
    <Input
      size="sm"
      autoFocus={focus}
      aria-label={label}
      className="max-w-48"
      value={typed}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => onCommit(typed.trim())}
      onKeyDown={(event) => {
        if (isTextUndo(event)) event.stopPropagation();
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          onCommit(value);
        }
      }}
    />
  );
}
