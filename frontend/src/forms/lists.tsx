import { Plus, X } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";
import type { FieldIds } from "@/ui/field";
import { Input } from "@/ui/input";
import { type FormPath, useForm } from "./context";
import { Control } from "./control";
import { InlineList, NumberField, ScalarField, splitList, TextField } from "./inputs";
import { scalarText } from "./scalar";
import { initial, type Shape } from "./schema";

type ListShape = Extract<Shape, { kind: "list" }>;
type MapShape = Extract<Shape, { kind: "map" }>;

interface Part extends Partial<FieldIds> {
  path: FormPath;
  value: unknown;
  label: string;
  description: string;
}

function isScalar(shape: Shape): boolean {
  return ["text", "integer", "number", "date", "datetime", "any", "enum"].includes(shape.kind);
}

/** A list of scalars as rows, or of anything else as boxes with a form each. */
export function ListControl({ shape, ...part }: Part & { shape: ListShape }) {
  const items = Array.isArray(part.value) ? part.value : [];
  if (isScalar(shape.item)) return <ScalarList {...part} items={items} shape={shape} />;
  if (shape.item.kind === "list" && isScalar(shape.item.item))
    return <RowList {...part} items={items} />;
  return <BoxList {...part} items={items} shape={shape} />;
}

function ScalarList({
  path,
  items,
  label,
  description,
  shape,
  ...ids
}: Part & { items: unknown[]; shape: ListShape }) {
  const { t } = useTranslation();
  const { set, readOnly, suggestions } = useForm();
  const names = suggestions(description);
  const [draft, setDraft] = useState("");
  const rows = useRef<HTMLUListElement>(null);
  const add = (text: string) => {
    const added = splitList(text);
    if (added.length === 0) return;
    set(path, [...items, ...(shape.item.kind === "text" ? added.map(scalarTextOf) : added)]);
    setDraft("");
  };
  const remove = (index: number) => {
    const rest = items.filter((_, at) => at !== index);
    set(path, rest.length === 0 && (shape.minimum ?? 0) === 0 ? undefined : rest);
  };
  const change = (index: number, value: unknown) =>
    value === undefined ? remove(index) : set([...path, index], value);
  return (
    <div className="flex flex-col gap-1">
      {items.length > 0 && (
        <ul ref={rows} aria-label={label} className="flex flex-col gap-1">
          {items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: items of a list are told apart by their place
            <li key={index} className="group flex items-center gap-1">
              {shape.item.kind === "integer" || shape.item.kind === "number" ? (
                <NumberField
                  size="sm"
                  whole={shape.item.kind === "integer"}
                  aria-label={`${label} ${index + 1}`}
                  value={item}
                  readOnly={readOnly}
                  onChange={(value) => change(index, value)}
                />
              ) : shape.item.kind === "text" ? (
                <TextField
                  size="sm"
                  names={names}
                  aria-label={`${label} ${index + 1}`}
                  value={item}
                  readOnly={readOnly}
                  onChange={(value) => change(index, value)}
                />
              ) : (
                <ScalarField
                  size="sm"
                  aria-label={`${label} ${index + 1}`}
                  value={item}
                  readOnly={readOnly}
                  onChange={(value) => change(index, value)}
                />
              )}
              {!readOnly && (
                <IconButton
                  icon={X}
                  size="xs"
                  label={t("forms.remove", { name: scalarText(item) })}
                  onClick={() => remove(index)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {!readOnly && (
        <Input
          {...ids}
          size="sm"
          placeholder={t("forms.addItem")}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => add(draft)}
          onPaste={(event) => {
            const text = event.clipboardData.getData("text");
            if (!/[\n,;\t]/.test(text)) return;
            event.preventDefault();
            add(draft + text);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              add(draft);
            } else if (event.key === "Backspace" && draft === "" && items.length > 0) {
              event.preventDefault();
              remove(items.length - 1);
            }
          }}
        />
      )}
    </div>
  );
}

function scalarTextOf(value: unknown): string {
  return typeof value === "string" ? value : scalarText(value);
}

/** Rows of scalars, one line each. */
function RowList({ path, items, label }: Part & { items: unknown[] }) {
  const { t } = useTranslation();
  const { set, readOnly } = useForm();
  return (
    <div className="flex flex-col gap-1">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are told apart by their place
        <div key={index} className="flex items-center gap-1">
          <InlineList
            size="sm"
            aria-label={`${label} ${index + 1}`}
            value={item}
            readOnly={readOnly}
            onChange={(value) => set([...path, index], value ?? [])}
          />
          {!readOnly && (
            <IconButton
              icon={X}
              size="xs"
              label={t("forms.remove", { name: `${label} ${index + 1}` })}
              onClick={() =>
                set(
                  path,
                  items.filter((_, at) => at !== index),
                )
              }
            />
          )}
        </div>
      ))}
      {!readOnly && <AddButton onClick={() => set(path, [...items, [""]])} />}
    </div>
  );
}

function BoxList({
  path,
  items,
  label,
  shape,
  description,
}: Part & { items: unknown[]; shape: ListShape }) {
  const { t } = useTranslation();
  const { set, readOnly } = useForm();
  return (
    <div className="flex flex-col gap-2">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items of a list are told apart by their place
        <div key={index} className="rounded-md border border-line p-2">
          <div className="mb-1 flex items-center text-xs text-ink-3">
            <span className="grow tabular-nums">{index + 1}</span>
            {!readOnly && items.length > (shape.minimum ?? 0) && (
              <IconButton
                icon={X}
                size="xs"
                label={t("forms.remove", { name: `${label} ${index + 1}` })}
                onClick={() =>
                  set(path, items.length === 1 ? undefined : items.filter((_, at) => at !== index))
                }
              />
            )}
          </div>
          <Control
            path={[...path, index]}
            shape={shape.item}
            value={item}
            label={`${label} ${index + 1}`}
            description={description}
          />
        </div>
      ))}
      {!readOnly && <AddButton onClick={() => set(path, [...items, initial(shape.item)])} />}
    </div>
  );
}

function AddButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <Button variant="ghost" size="xs" icon={Plus} className="self-start" onClick={onClick}>
      {t("forms.add")}
    </Button>
  );
}

/** A map as rows of key and value. */
export function MapControl({ shape, path, value, label, description }: Part & { shape: MapShape }) {
  const { t } = useTranslation();
  const { set, readOnly } = useForm();
  const entries = Object.entries(
    value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {},
  );
  const [draft, setDraft] = useState("");
  const rename = (index: number, key: string) =>
    set(
      path,
      Object.fromEntries(entries.map(([name, item], at) => [at === index ? key : name, item])),
    );
  const remove = (index: number) =>
    set(
      path,
      entries.length === 1
        ? undefined
        : Object.fromEntries(entries.filter((_, at) => at !== index)),
    );
  const add = () => {
    if (draft.trim() === "") return;
    set(path, { ...Object.fromEntries(entries), [draft.trim()]: initial(shape.item) || 1 });
    setDraft("");
  };
  return (
    <div className="flex flex-col gap-1">
      {entries.map(([key, item], index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a key is renamed in place, so its place tells it apart
          key={index}
          className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-start gap-1"
        >
          <KeyField
            value={key}
            label={t("forms.key", { name: label })}
            readOnly={readOnly}
            onChange={(next) => rename(index, next)}
          />
          <Control
            path={[...path, key]}
            shape={shape.item}
            value={item}
            label={key}
            description={description}
          />
          {!readOnly && (
            <IconButton
              icon={X}
              size="xs"
              label={t("forms.remove", { name: key })}
              onClick={() => remove(index)}
            />
          )}
        </div>
      ))}
      {!readOnly && (
        <Input
          size="sm"
          placeholder={t("forms.addKey")}
          aria-label={t("forms.addKey")}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
      )}
    </div>
  );
}

/** A key is renamed when it is left, since every key on the way would be another one. */
function KeyField({
  value,
  label,
  readOnly,
  onChange,
}: {
  value: string;
  label: string;
  readOnly: boolean;
  onChange: (key: string) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = () => {
    if (typed !== null && typed.trim() !== "" && typed !== value) onChange(typed.trim());
    setTyped(null);
  };
  return (
    <Input
      size="sm"
      aria-label={label}
      readOnly={readOnly}
      value={typed ?? value}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
        if (event.key === "Escape") setTyped(null);
      }}
    />
  );
}
