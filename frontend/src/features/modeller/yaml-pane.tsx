import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, indentOnInput, indentUnit } from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useWords } from "@/i18n/words";
import { announce } from "@/ui/live";
import { completionsAt } from "./completion";
import { type ModellerState, useModeller } from "./context";
import { pointerAt, positionOf, spanOf } from "./document";
import { difference } from "./history";
import { isRecord, parsePointer } from "./pointer";
import { patchText, useFix, useFixName, useSentenceOf } from "./problem-fix";
import { fixOf } from "./requests";
import { hangingLines, words } from "./yaml-lines";
import { problemsExtension, setProblems } from "./yaml-problems";
import { editorTheme, highlighting } from "./yaml-theme";

const EDITABLE = new Compartment();

/** The schema as text. It is a view of the same draft: what the forms change is written here, and the other way round. */
export default function YamlPane() {
  const { t } = useTranslation();
  const modeller = useModeller();
  const { draft, problems, column, readOnly, store } = modeller;
  const fix = useFix();
  const fixName = useFixName();
  const sentenceOf = useSentenceOf();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const inWords = useWords();
  const latest = useRef({ modeller, fix, fixName, sentenceOf, inWords, t });
  latest.current = { modeller, fix, fixName, sentenceOf, inWords, t };
  /** The text that the editor holds, to tell its own edits from those of the forms. */
  const known = useRef(draft.text);
  const mayWrite = !readOnly || draft.reading.value === undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once; what changes is read from `latest`
  useEffect(() => {
    if (!host.current) return;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({ doc: store.get().text, extensions: extensions(latest, known) }),
    });
    known.current = store.get().text;
    view.current = editor;
    const place = column && spanOf(known.current, column.pointer);
    if (place)
      editor.dispatch({
        selection: { anchor: place.from },
        effects: EditorView.scrollIntoView(place.from, { y: "center" }),
      });
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: EDITABLE.reconfigure(EditorView.editable.of(mayWrite)) });
  }, [mayWrite]);

  // A change that came from elsewhere is put in as the smallest splice, so that the cursor stays.
  useEffect(() => {
    const editor = view.current;
    if (!editor || known.current === draft.text) return;
    const { at, removed, inserted } = difference(known.current, draft.text);
    known.current = draft.text;
    editor.dispatch({
      changes: { from: at, to: at + removed.length, insert: inserted },
      ...(editor.hasFocus
        ? {}
        : {
            selection: { anchor: at },
            effects: EditorView.scrollIntoView(at, { y: "nearest", yMargin: 80 }),
          }),
    });
  }, [draft.text]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: in another language the buttons have other names
  useEffect(() => {
    const editor = view.current;
    if (!editor || known.current !== draft.text) return;
    editor.dispatch({
      effects: setProblems.of(
        problems.map(({ problem, from, to }) => {
          const patch = fixOf(problem);
          const run = () => patch && latest.current.fix(patch, problem.pointer);
          return {
            from,
            to,
            severity: problem.severity,
            text: latest.current.sentenceOf(problem),
            ...(patch
              ? { fix: { label: latest.current.fixName(patch), title: patchText(patch), run } }
              : {}),
          };
        }),
      ),
    });
  }, [problems, draft.text, t, inWords]);

  // The column that is chosen elsewhere is shown here.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another column scrolls
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.hasFocus || !column) return;
    const place = spanOf(known.current, column.pointer);
    if (place)
      editor.dispatch({
        selection: { anchor: place.from },
        effects: EditorView.scrollIntoView(place.from, { y: "center" }),
      });
  }, [column?.pointer]);

  const errors = problems.filter((entry) => entry.problem.severity === "error");
  const first = errors[0] ?? problems[0];
  return (
    <>
      <div ref={host} className="min-h-0 grow overflow-hidden" data-yaml />
      <footer className="flex h-9 shrink-0 items-center gap-2 border-t border-line px-4 text-xs text-ink-3">
        {first ? (
          <button
            type="button"
            className="flex items-center gap-1.5 rounded-sm hover:underline"
            onClick={() => {
              view.current?.dispatch({
                selection: { anchor: first.from },
                effects: EditorView.scrollIntoView(first.from, { y: "center" }),
              });
              view.current?.focus();
              announce(sentenceOf(first.problem));
            }}
          >
            {errors.length > 0 ? (
              <CircleAlert aria-hidden className="size-3.5 text-danger" strokeWidth={1.75} />
            ) : (
              <TriangleAlert aria-hidden className="size-3.5 text-warning" strokeWidth={1.75} />
            )}
            <span className={errors.length > 0 ? "text-danger" : "text-warning"}>
              {t("modeller.bar.problems", { count: errors.length || problems.length })}
            </span>{" "}
            · {t("modeller.problems.line", { line: positionOf(draft.text, first.from).line })}
          </button>
        ) : (
          t("modeller.yaml.fine")
        )}
        <span className="ml-auto truncate">
          {modeller.preview.stale ? t("modeller.yaml.stale") : ""}
        </span>
      </footer>
    </>
  );
}

type Latest = {
  current: {
    modeller: ModellerState;
    inWords: (sentence: string) => string;
    t: (key: string) => string;
  };
};

function extensions(latest: Latest, known: { current: string }): Extension {
  return [
    lineNumbers(),
    foldGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    indentOnInput(),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    yaml(),
    highlighting,
    editorTheme,
    problemsExtension,
    words,
    hangingLines,
    EDITABLE.of(EditorView.editable.of(true)),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      "aria-label": latest.current.t("modeller.yaml.label"),
      spellcheck: "false",
      tabindex: "0",
    }),
    autocompletion({
      override: [
        (context) => complete(latest, context.state.doc.toString(), context.pos, context.explicit),
      ],
      icons: false,
    }),
    // Undo and redo are the draft's own, one history for all views.
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...defaultKeymap.filter((binding) => !/Mod-z|Mod-y|Mod-u/.test(binding.key ?? "")),
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      const { modeller } = latest.current;
      const isOwn = update.transactions.some(
        (transaction) =>
          transaction.isUserEvent("input") ||
          transaction.isUserEvent("delete") ||
          transaction.isUserEvent("move"),
      );
      if (update.docChanged && isOwn) {
        const text = update.state.doc.toString();
        known.current = text;
        modeller.store.edit(text, {
          label: { key: "modeller.step.text" },
          pointer: pointerAt(text, update.state.selection.main.head),
          group: "yaml",
        });
      }
      if (
        update.selectionSet &&
        !update.docChanged &&
        update.transactions.some((transaction) => transaction.isUserEvent("select"))
      ) {
        follow(modeller, update.state.selection.main.head, update.state.doc.toString());
      }
    }),
  ];
}

/** The cursor's column becomes the chosen one. */
function follow(modeller: ModellerState, offset: number, text: string) {
  const [list, index, part, at] = parsePointer(pointerAt(text, offset));
  const table = list === "tables" ? modeller.tables[Number(index)] : undefined;
  if (!table) return;
  const column = part === "columns" ? table.columns[Number(at)] : undefined;
  if (table !== modeller.table || (column && column.name !== modeller.view.column))
    modeller.go({ table: table.name, ...(column ? { column: column.name } : {}) });
}

function complete(latest: Latest, text: string, offset: number, explicit: boolean) {
  const { modeller } = latest.current;
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  if (!explicit && (/#/.test(line) || !/[\p{L}_]$|: $|\{ ?$|, ?$|\[$/u.test(line))) return null;
  const found = completionsAt(text, offset, modeller.catalogue.language, (description) => {
    const words = description.toLowerCase();
    if (/\bcolumns?\b/.test(words))
      return modeller.table?.columns.map((column) => column.name) ?? [];
    if (/\bdraw\b/.test(words)) return modeller.table?.draws ?? [];
    if (/\btable\b/.test(words)) return modeller.tables.map((table) => table.name);
    if (/\blists?\b/.test(words))
      return isRecord(modeller.draft.schema.lists) ? Object.keys(modeller.draft.schema.lists) : [];
    return [];
  });
  if (!found || found.options.length === 0) return null;
  return {
    from: found.from,
    options: found.options.map((option) => ({
      label: option.label,
      apply: option.insert,
      info: latest.current.inWords(option.detail) || undefined,
    })),
    validFor: /^[\p{L}\p{N}_-]*$/u,
  };
}
