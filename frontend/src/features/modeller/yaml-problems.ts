import { type EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

export interface EditorProblem {
  from: number;
  to: number;
  severity: "error" | "warning";
  text: string;
  fix?: { label: string; title: string; run: () => void };
}

/** Tells the editor all problems of the text that it holds. */
export const setProblems = StateEffect.define<readonly EditorProblem[]>();

/** The sentence under a line, with the button that mends it. */
class ProblemBox extends WidgetType {
  constructor(private readonly problem: EditorProblem) {
    super();
  }

  override eq(other: ProblemBox): boolean {
    return (
      other.problem.text === this.problem.text &&
      other.problem.severity === this.problem.severity &&
      other.problem.fix?.title === this.problem.fix?.title &&
      other.problem.fix?.label === this.problem.fix?.label
    );
  }

  override toDOM(): HTMLElement {
    // The editor measures a widget without its margins, so the room around the box is the outer element's padding.
    const outer = document.createElement("div");
    outer.className = "cm-problem-room";
    const box = outer.appendChild(document.createElement("div"));
    box.className = `cm-problem-box${this.problem.severity === "warning" ? " cm-problem-box-warning" : ""}`;
    box.append(this.problem.text);
    const { fix } = this.problem;
    if (fix) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = fix.label;
      button.title = fix.title;
      button.addEventListener("click", fix.run);
      box.append(button);
    }
    return outer;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

function decorate(state: EditorState, problems: readonly EditorProblem[]): DecorationSet {
  const { doc } = state;
  const ranges = problems.flatMap((problem) => {
    const from = Math.min(problem.from, doc.length);
    const to = Math.min(Math.max(problem.to, from), doc.length);
    const end = doc.lineAt(from).to;
    const isWarning = problem.severity === "warning";
    const box = Decoration.widget({ widget: new ProblemBox(problem), block: true, side: 1 }).range(
      end,
    );
    const mark = Math.min(to, end);
    if (mark <= from) return [box];
    return [
      Decoration.mark({ class: isWarning ? "cm-problem cm-problem-warning" : "cm-problem" }).range(
        from,
        mark,
      ),
      box,
    ];
  });
  return Decoration.set(ranges, true);
}

export const problemsExtension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects)
      if (effect.is(setProblems)) return decorate(transaction.state, effect.value);
    return decorations.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});
