import clsx from "clsx";
import { useId, useRef, useState } from "react";
import { Textarea } from "@/ui/input";

interface Props {
  id?: string;
  value: unknown;
  onChange: (sql: string | undefined) => void;
  /** What completes a word: columns, then the parents' columns by the names of the keys. */
  names: readonly string[];
  placeholder?: string | undefined;
  readOnly?: boolean;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

/** The word before the cursor, outside of a literal. */
export function wordBefore(text: string): string {
  const open = text.replace(/''/g, "").split("'").length % 2 === 0;
  return open ? "" : (/[\p{L}_][\p{L}\p{N}_.]*$/u.exec(text)?.[0] ?? "");
}

/** SQL on as many lines as it needs; names are offered while a word is typed. */
export function SqlField({ value, onChange, names, readOnly = false, ...rest }: Props) {
  const text = typeof value === "string" ? value : "";
  const list = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [at, setAt] = useState(0);
  const before = useRef(text);
  const word = caret === null ? "" : wordBefore(text.slice(0, caret));
  const lower = word.toLowerCase();
  const found =
    word === ""
      ? []
      : names
          .filter((name) => name.toLowerCase().includes(lower) && name !== word)
          .sort(
            (a, b) =>
              Number(b.toLowerCase().startsWith(lower)) - Number(a.toLowerCase().startsWith(lower)),
          )
          .slice(0, 8);
  const isOpen = found.length > 0 && !readOnly;
  const marked = found[Math.min(at, found.length - 1)];

  const put = (next: string) => onChange(next === "" ? undefined : next);
  const take = (name: string | undefined) => {
    if (name === undefined || caret === null) return;
    const from = caret - word.length;
    put(text.slice(0, from) + name + text.slice(caret));
    setCaret(null);
    requestAnimationFrame(() =>
      area.current?.setSelectionRange(from + name.length, from + name.length),
    );
  };

  return (
    <div className="relative">
      <Textarea
        {...rest}
        ref={area}
        mono
        // A field of several lines may not be called a combobox; what completes it is told as a list of its own.
        aria-autocomplete="list"
        aria-haspopup="listbox"
        {...(isOpen ? { "aria-controls": list } : {})}
        {...(isOpen && marked ? { "aria-activedescendant": `${list}-${marked}` } : {})}
        readOnly={readOnly}
        spellCheck={false}
        rows={Math.max(1, text.split("\n").length)}
        className="field-sizing-content min-h-8 resize-none"
        value={text}
        onFocus={() => {
          before.current = text;
        }}
        onChange={(event) => {
          put(event.currentTarget.value);
          setCaret(event.currentTarget.selectionStart);
          setAt(0);
        }}
        onBlur={() => setCaret(null)}
        onClick={() => setCaret(null)}
        onKeyDown={(event) => {
          if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
            event.preventDefault();
            setAt((old) =>
              Math.min(found.length - 1, Math.max(0, old + (event.key === "ArrowDown" ? 1 : -1))),
            );
          } else if (
            isOpen &&
            (event.key === "Enter" || event.key === "Tab") &&
            !event.metaKey &&
            !event.ctrlKey
          ) {
            event.preventDefault();
            take(marked);
          } else if (event.key === "Escape" && isOpen) {
            event.stopPropagation();
            setCaret(null);
          } else if (event.key === "Escape" && text !== before.current) {
            event.stopPropagation();
            put(before.current);
          } else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End")
            setCaret(null);
        }}
      />
      {isOpen && (
        <div
          id={list}
          role="listbox"
          aria-label={rest["aria-label"] ?? "SQL"}
          className="absolute top-full right-0 left-0 z-(--z-popover) mt-1 rounded-lg border border-line-strong bg-raised p-1 shadow-pop"
        >
          {found.map((name, index) => {
            const start = name.toLowerCase().indexOf(lower);
            return (
              <div
                key={name}
                id={`${list}-${name}`}
                role="option"
                tabIndex={-1}
                aria-selected={name === marked}
                className={clsx(
                  "mono flex h-7 items-center rounded-sm px-2 text-xs aria-selected:bg-accent-tint max-sm:h-11",
                )}
                onPointerDown={(event) => {
                  event.preventDefault();
                  take(name);
                }}
                onPointerMove={() => setAt(index)}
              >
                {name.slice(0, start)}
                <b className="font-semibold">{name.slice(start, start + word.length)}</b>
                {name.slice(start + word.length)}
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}
