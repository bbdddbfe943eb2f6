import clsx from "clsx";
import { Search } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useWords } from "@/i18n/words";
import { Bars } from "@/ui/bars";
import { isMac } from "@/ui/hooks";
import { Badge, Key } from "@/ui/mark";
import { Sentence } from "@/ui/words";
import { keepParameters } from "./actions";
import { useModeller } from "./context";
import { fitting, scoreOf } from "./generator-search";
import { briefOf, type GeneratorInfo } from "./queries";
import { requestRows } from "./requests";
import { shapeOf } from "./shape";
import { brief } from "./summary";

export interface PickerTarget {
  /** The name that the choice is made for, and what it holds now. */
  name: string;
  value: unknown;
  planned?: string | undefined;
  type?: string | undefined;
}

/** Rows that a generator is shown by: enough for its shape. */
const SAMPLES = 400;

interface Props {
  target: PickerTarget;
  query?: string;
  onTake: (generator: Record<string, unknown>) => void;
  onClose: () => void;
}

/** A new generator: its type, and of its example the parameters that it cannot do without. */
export function startOf(generator: GeneratorInfo): Record<string, unknown> {
  const needed = generator.fields.filter(
    (field) => field.required && field.name in generator.example,
  );
  const isBare =
    needed.length === 0 &&
    generator.fields.some((field) => field.shape.kind === "union" || field.shape.kind === "list");
  if (isBare) return { ...generator.example, type: generator.name };
  return {
    type: generator.name,
    ...Object.fromEntries(needed.map((field) => [field.name, generator.example[field.name]])),
  };
}

/** What a generator makes, in a few words: those of the locale, else how its description begins. */
export function useGeneratorWords(): (generator: GeneratorInfo) => string {
  const { t, i18n } = useTranslation();
  const words = useWords();
  return (generator) =>
    i18n.exists(`modeller.generator.${generator.name}`)
      ? t(`modeller.generator.${generator.name}`)
      : briefOf(words(generator.description));
}

/** The choice of a generator: what fits first, then all by group; right what the marked one makes. */
export function GeneratorPicker({ target, query: first = "", onTake, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const { catalogue } = useModeller();
  const words = useWords();
  const wordsFor = useGeneratorWords();
  const [query, setQuery] = useState(first);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);

  /** What people call the things that it makes: "salary" finds the bell curve. */
  const alsoFor = (generator: GeneratorInfo) =>
    i18n.exists(`modeller.also.${generator.name}`) ? t(`modeller.also.${generator.name}`) : "";

  // biome-ignore lint/correctness/useExhaustiveDependencies: the words follow the language, which does not change while the picker is open
  const groups = useMemo(() => {
    if (query.trim() !== "") {
      const found = catalogue.generators
        .map((generator) => ({
          generator,
          score: scoreOf(
            generator,
            query,
            `${wordsFor(generator)} ${alsoFor(generator)} ${words(generator.description)}`,
          ),
        }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
        .map(({ generator }) => generator);
      return found.length > 0 ? [{ title: null, items: found }] : [];
    }
    const fits = fitting(catalogue.generators, target);
    const names = [...new Set(catalogue.generators.map((generator) => generator.group))];
    return [
      ...(fits.length > 0 ? [{ title: "fits", items: fits }] : []),
      ...names.map((name) => ({
        title: name,
        items: catalogue.generators.filter((generator) => generator.group === name),
      })),
    ];
  }, [query, catalogue, target.name]);
  const flat = groups.flatMap((group) => group.items);
  const current =
    typeof target.value === "object" && target.value !== null
      ? (target.value as { type?: unknown }).type
      : undefined;
  const [at, setAt] = useState(() =>
    Math.max(0, first === "" ? flat.findIndex((generator) => generator.name === current) : 0),
  );
  const marked = flat[Math.min(at, flat.length - 1)];

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });

  const take = (generator: GeneratorInfo | undefined, keep: boolean) => {
    if (!generator) return;
    if (generator.name === current) return onClose();
    const next = startOf(generator);
    onTake(
      keep
        ? keepParameters(
            next,
            target.value,
            generator.fields.map((field) => field.name),
          )
        : next,
    );
  };

  let index = -1;
  return (
    <div className="flex h-[min(23rem,70dvh)] w-[min(40rem,calc(100vw-1.5rem))] flex-col">
      <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
        <Search aria-hidden className="size-4 text-ink-3" strokeWidth={1.5} />
        <input
          // biome-ignore lint/a11y/noAutofocus: the picker is opened to type in
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={marked ? `${id}-${marked.name}` : undefined}
          aria-label={t("modeller.picker.search")}
          className="h-full min-w-0 grow bg-transparent outline-none placeholder:text-ink-3 max-sm:text-lg"
          placeholder={t("modeller.picker.search")}
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            const mod = isMac ? event.metaKey : event.ctrlKey;
            const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
            if (step !== undefined) {
              event.preventDefault();
              setAt((old) => Math.min(flat.length - 1, Math.max(0, old + step)));
            } else if (event.key === "Enter") {
              event.preventDefault();
              event.stopPropagation();
              take(marked, mod);
            }
          }}
        />
        <span className="text-xs text-ink-3 max-sm:hidden">{t("modeller.picker.by")}</span>
      </div>
      <div className="flex min-h-0 grow">
        <div
          ref={list}
          id={id}
          role="listbox"
          aria-label={t("modeller.picker.title")}
          className="w-[57%] shrink-0 overflow-y-auto p-1.5 max-sm:w-full"
        >
          {flat.length === 0 && (
            <p className="p-2 text-ink-3">{t("modeller.picker.none", { query })}</p>
          )}
          {groups.map((group) => (
            <div key={group.title ?? "found"} role="group" aria-label={group.title ?? undefined}>
              {group.title && (
                <div className="px-2 pt-1.5 pb-1 text-2xs font-medium text-ink-3">
                  {group.title === "fits"
                    ? t("modeller.picker.fits", { name: target.name })
                    : groupName(group.title)}
                </div>
              )}
              {group.items.map((generator) => {
                index += 1;
                const here = index;
                return (
                  <div
                    key={generator.name}
                    id={`${id}-${generator.name}`}
                    role="option"
                    tabIndex={-1}
                    aria-selected={here === Math.min(at, flat.length - 1)}
                    className="flex h-7.5 items-center gap-2 rounded-sm px-2 whitespace-nowrap aria-selected:bg-accent-tint max-sm:h-11"
                    onPointerMove={() => setAt(here)}
                    onPointerDown={(event) => event.preventDefault()}
                    onClick={() => take(generator, false)}
                    onKeyDown={() => undefined}
                  >
                    <span className="w-28 shrink-0 truncate">{generator.name}</span>
                    <span className="min-w-0 truncate text-xs text-ink-3">
                      {wordsFor(generator)}
                    </span>
                  </div>
                );
              })}
            </div>
          ))}
        </div>
        <div
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
          tabIndex={0}
          role="region"
          aria-label={t("modeller.picker.about")}
          className="flex min-w-0 grow flex-col gap-2 overflow-y-auto border-l border-line p-4 max-sm:hidden"
        >
          {marked && (
            <Detail generator={marked} name={target.name} groupName={groupName(marked.group)} />
          )}
        </div>
      </div>
      <footer className="flex h-9 shrink-0 items-center gap-1.5 border-t border-line bg-canvas px-3 text-xs text-ink-3 max-sm:hidden">
        <Key>↑</Key>
        <Key>↓</Key>
        {t("modeller.picker.move")}
        <span className="w-1" />
        <Key>↵</Key>
        {t("modeller.picker.use")}
        <span className="w-1" />
        <Key>{isMac ? "⌘↵" : "Ctrl ↵"}</Key>
        {t("modeller.picker.keep")}
        <span className="ml-auto">
          {t("modeller.picker.count", { count: catalogue.generators.length })}
        </span>
      </footer>
    </div>
  );

  function groupName(group: string): string {
    return i18n.exists(`modeller.group.${group}`) ? t(`modeller.group.${group}`) : group;
  }
}

/** What a generator is and makes: its description, its shape and five values in the dataset's locale. */
function Detail({
  generator,
  name,
  groupName,
}: {
  generator: GeneratorInfo;
  name: string;
  groupName: string;
}) {
  const { t } = useTranslation();
  const { draft } = useModeller();
  const locale = typeof draft.schema.locale === "string" ? draft.schema.locale : undefined;
  const [made, setMade] = useState<{ generator: string; type: string; values: unknown[] } | null>(
    null,
  );
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const sample = {
          name: "sample",
          ...(locale ? { locale } : {}),
          tables: [
            { name: "sample", rows: SAMPLES, columns: [{ name, generator: startOf(generator) }] },
          ],
        };
        const data = await requestRows({ schema: sample }, "sample", SAMPLES, abort.signal);
        const column = data?.columns[0];
        if (data && column)
          setMade({
            generator: generator.name,
            type: column.type,
            values: data.rows.map((row) => row[column.name]),
          });
      } catch {
        // A generator that needs other columns shows no samples of its own.
        if (!abort.signal.aborted) setMade(null);
      }
    }, 90);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [generator, name, locale]);
  const shown = made?.generator === generator.name ? made : null;
  const samples = shown ? [...new Set(shown.values.map(brief))].slice(0, 5) : [];
  const shape = shown && shapeOf(shown.values, shown.type, 24);
  return (
    <>
      <div className="flex items-center gap-2">
        <h3 className="min-w-0 truncate">{generator.name}</h3>
        <Badge className="ml-auto">{groupName}</Badge>
      </div>
      <p className="text-xs text-ink-2">
        <Sentence text={generator.description} />
      </p>
      {shape && shape.bars.length > 1 && (
        <Bars
          values={shape.bars}
          width={212}
          height={52}
          label={t("modeller.shapeOf", { name: generator.name })}
          className="max-w-full"
        />
      )}
      {samples.length > 0 && (
        <div>
          <div className="text-2xs font-medium text-ink-3">{t("modeller.picker.samples")}</div>
          <ul
            className={clsx(
              "text-xs text-ink",
              samples.every((sample) => sample.length < 14)
                ? "grid grid-cols-2 gap-x-3"
                : "flex flex-col",
            )}
          >
            {samples.map((sample) => (
              <li key={sample} className="truncate">
                {sample}
              </li>
            ))}
          </ul>
        </div>
      )}
      {generator.fields.length > 0 && (
        <p className="mt-auto text-xs text-ink-3">
          {t("modeller.picker.takes", {
            names: generator.fields.map((field) => field.name).join(", "),
          })}
        </p>
      )}
    </>
  );
}
