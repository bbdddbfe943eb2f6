import {
  Decoration,
  type DecorationSet,
  type EditorView,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";

/** Numbers, dates and the fixed words of YAML, which the grammar takes for plain text. */
const WORDS = new MatchDecorator({
  regexp:
    /(?<=[:[,{-] +)(?:-?\d[\d._]*(?:e[+-]?\d+)?|\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?|true|false|null)(?= *(?:[,\]}#]|$))/g,
  decoration: (match) =>
    Decoration.mark({ class: /^[-\d]/.test(match[0]) ? "cm-word-number" : "cm-word-fixed" }),
});

export const words = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = WORDS.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = WORDS.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** Where a long line goes on, it goes on under its own beginning. */
function hang(view: EditorView): DecorationSet {
  const lines = [];
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      const indent = (/^ *(?:- )*/.exec(line.text)?.[0].length ?? 0) + 2;
      lines.push(
        Decoration.line({
          attributes: { style: `text-indent:-${indent}ch;padding-left:calc(${indent}ch + 6px)` },
        }).range(line.from),
      );
      at = line.to + 1;
    }
  }
  return Decoration.set(lines);
}

export const hangingLines = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = hang(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.decorations = hang(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
