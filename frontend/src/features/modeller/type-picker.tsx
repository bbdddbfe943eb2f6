import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { shapeOf } from "@/forms/schema";
import { TypeGlyph } from "@/ui/type-glyph";
import { useModeller } from "./context";

/** The choice of a logical type; the first entry leaves it to the generator. */
export function TypePicker({
  value,
  own,
  query: first,
  onTake,
}: {
  value: string;
  own: string;
  query: string;
  onTake: (type: string) => void;
}) {
  const { t } = useTranslation();
  const { catalogue } = useModeller();
  const [query, setQuery] = useState(first);
  const id = useId();
  const shape = shapeOf({ $ref: "#/$defs/ColumnType" }, catalogue.language);
  const all = shape.kind === "enum" ? shape.options.map((option) => option.value) : [];
  const found = ["", ...all].filter(
    (type) => type.includes(query.toLowerCase()) && (type !== "" || query === ""),
  );
  const [at, setAt] = useState(Math.max(0, found.indexOf(value)));
  const marked = found[Math.min(at, found.length - 1)];
  return (
    <div className="w-52 p-1">
      <input
        // biome-ignore lint/a11y/noAutofocus: the picker is opened to type in
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-label={t("modeller.head.type")}
        aria-activedescendant={marked === undefined ? undefined : `${id}-${marked}`}
        placeholder={t("modeller.findType")}
        className="h-7.5 w-full rounded-sm bg-transparent px-2 outline-none placeholder:text-ink-3"
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setAt((old) =>
              Math.min(found.length - 1, Math.max(0, old + (event.key === "ArrowDown" ? 1 : -1))),
            );
          } else if (event.key === "Enter" && marked !== undefined) {
            event.preventDefault();
            onTake(marked);
          }
        }}
      />
      <div id={id} role="listbox" aria-label={t("modeller.head.type")}>
        {found.map((type, index) => (
          <div
            key={type}
            id={`${id}-${type}`}
            role="option"
            tabIndex={-1}
            aria-selected={type === marked}
            className="flex h-7.5 items-center gap-2 rounded-sm px-2 aria-selected:bg-accent-tint"
            onPointerMove={() => setAt(index)}
            onClick={() => onTake(type)}
            onKeyDown={() => undefined}
          >
            {type === "" ? (
              <span className="text-ink-3">{t("modeller.ownType", { type: own })}</span>
            ) : (
              <>
                <TypeGlyph type={type} named={false} />
                {type}
              </>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}
