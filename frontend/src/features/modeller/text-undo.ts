/** Undo or redo of text that is typed but not yet part of the draft: the field's own, not the draft's. */
export function isTextUndo(event: { key: string; metaKey: boolean; ctrlKey: boolean }): boolean {
  return (event.metaKey || event.ctrlKey) && /^[zy]$/i.test(event.key);
}
