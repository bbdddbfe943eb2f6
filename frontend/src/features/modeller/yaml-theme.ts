import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Colours of the editor, all from the tokens, so that light and dark need nothing of their own. */
export const highlighting = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--type-text)" },
    { tag: tags.content, color: "var(--ink)" },
    { tag: [tags.number, tags.integer, tags.float], color: "var(--type-number)" },
    { tag: [tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--type-boolean)" },
    { tag: [tags.comment, tags.lineComment], color: "var(--ink-3)" },
    {
      tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace],
      color: "var(--ink-2)",
    },
    { tag: [tags.labelName, tags.typeName], color: "var(--type-nested)" },
  ]),
);

export const editorTheme = EditorView.theme({
  "&": {
    height: "100%",
    color: "var(--ink)",
    backgroundColor: "var(--surface)",
    fontSize: "0.78rem",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.3125rem", letterSpacing: "-0.01em" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": {
    backgroundColor: "var(--surface)",
    color: "var(--ink-3)",
    border: "none",
    fontSize: "0.6875rem",
    lineHeight: "1.3125rem",
  },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 4px 0 12px", minWidth: "2.4rem" },
  ".cm-foldGutter .cm-gutterElement": { color: "var(--ink-3)", opacity: "0" },
  ".cm-gutters:hover .cm-foldGutter .cm-gutterElement": { opacity: "1" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { color: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--accent-line) !important",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-tint)",
    outline: "1px solid var(--accent-line)",
  },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--neutral-tint)",
    border: "none",
    color: "var(--ink-3)",
    padding: "0 6px",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "8px",
    boxShadow: "var(--shadow-pop)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: "0.75rem",
    maxHeight: "14rem",
    padding: "4px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    padding: "3px 8px",
    borderRadius: "4px",
    color: "var(--ink)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent-tint)",
    color: "var(--ink)",
  },
  ".cm-completionInfo": {
    fontFamily: "var(--sans)",
    fontSize: "0.75rem",
    padding: "8px 10px",
    maxWidth: "18rem",
    color: "var(--ink-2)",
  },
  ".cm-word-number": { color: "var(--type-number)" },
  ".cm-word-fixed": { color: "var(--type-boolean)" },
  ".cm-problem": {
    textDecoration: "underline wavy var(--danger-solid) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-problem-warning": { textDecorationColor: "var(--warning-solid)" },
  ".cm-problem-room": { padding: "2px 12px 4px 6px" },
  ".cm-problem-box": {
    fontFamily: "var(--sans)",
    fontSize: "0.75rem",
    lineHeight: "1.125rem",
    padding: "6px 10px",
    whiteSpace: "normal",
    letterSpacing: "0",
    color: "var(--ink)",
    backgroundColor: "var(--danger-tint)",
    borderLeft: "2px solid var(--danger-solid)",
  },
  ".cm-problem-box-warning": {
    backgroundColor: "var(--warning-tint)",
    borderLeftColor: "var(--warning-solid)",
  },
  ".cm-problem-box button": {
    display: "block",
    marginTop: "6px",
    height: "24px",
    padding: "0 8px",
    borderRadius: "6px",
    border: "1px solid var(--line-strong)",
    backgroundColor: "var(--raised)",
    fontWeight: "500",
    color: "var(--ink)",
  },
  ".cm-problem-box button:hover": { backgroundColor: "var(--hover)" },
});
