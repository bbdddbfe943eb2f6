import { Sparkle } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Conversation } from "@/features/assistant/conversation";
import { type Piece, piecesOf, placeIn, tableOf } from "@/features/assistant/pieces";
import { candidateOf, ProposalView } from "@/features/assistant/proposal-view";
import type { Sample } from "@/features/assistant/samples";
import { openTurn, sessionOf, type Turn, useTurns } from "@/features/assistant/session";
import { Empty } from "@/ui/feedback";
import { toast } from "@/ui/toast";
import { useModeller } from "./context";
import { read } from "./document";
import { parsePointer, valueAt } from "./pointer";

/** The assistant in the place of the grid: words left, a proposal against the draft right. */
export function AssistantView() {
  const { t } = useTranslation();
  const { datasetId, store, draft, go, readOnly } = useModeller();
  const session = useMemo(() => sessionOf(datasetId), [datasetId]);
  const open = openTurn(useTurns(session));

  const ask = (words: string, samples: Sample[]) => {
    const { text } = store.get();
    void session.ask({ words, base: text, present: open ? chosenOf(open, text) : text, samples });
  };
  const apply = (turn: Turn, text: string, pieces: Piece[]) => {
    const schema = read(text).value ?? {};
    const [first] = pieces;
    store.edit(text, {
      label: { key: "modeller.step.assistant", values: { count: pieces.length } },
      pointer: first ? placeIn(schema, first.names) : "",
    });
    const undo = store.undoing();
    session.settle(turn.id, "applied", pieces.length);
    const table = pieces
      .map(tableOf)
      .find((name) => name !== undefined && placeIn(schema, ["tables", name]) !== "/tables");
    go({ section: undefined, column: columnIn(schema, first), ...(table && { table }) });
    toast(t("assistant.applied", { count: pieces.length }), {
      label: t("ui.undo"),
      onClick: () => {
        undo();
        session.settle(turn.id, "open");
      },
    });
  };

  return (
    <div className="flex min-h-0 min-w-0 grow max-lg:flex-col max-lg:overflow-y-auto">
      <Conversation
        session={session}
        title={<h2 className="text-sm">{t("assistant.title")}</h2>}
        note={t("assistant.neverRows")}
        intro={t("assistant.intro")}
        placeholder={t("assistant.placeholder")}
        examples={[
          t("assistant.example.table"),
          t("assistant.example.column"),
          t("assistant.example.rule"),
        ]}
        reason={readOnly ? t("modeller.formsClosed") : undefined}
        onAsk={ask}
        onClose={() => go({ section: undefined })}
      />
      {open ? (
        <ProposalView
          key={open.id}
          turn={open}
          session={session}
          draft={draft.text}
          version={draft.base.version}
          onApply={(text, pieces) => apply(open, text, pieces)}
        />
      ) : (
        <div className="min-w-0 grow px-6 max-lg:border-t max-lg:border-line">
          <Empty icon={Sparkle} title={t("assistant.empty")}>
            {t("assistant.emptyWords")}
          </Empty>
        </div>
      )}
    </div>
  );
}

/** A proposal that waits, as it was chosen so far: further words are about it. */
function chosenOf(turn: Turn, draft: string): string {
  const pieces = piecesOf(turn.proposal?.pieces ?? []).filter(
    (piece) => !turn.refused.has(piece.id),
  );
  return candidateOf(draft, pieces).text ?? draft;
}

/** The column that a piece is about, for the grid to show. */
function columnIn(schema: Record<string, unknown>, piece: Piece | undefined): string | undefined {
  if (piece?.names[2] !== "columns" || piece.names.length < 4) return undefined;
  const at = valueAt(schema, parsePointer(placeIn(schema, piece.names)));
  return at === undefined || piece.kind === "remove" ? undefined : piece.names[3];
}
