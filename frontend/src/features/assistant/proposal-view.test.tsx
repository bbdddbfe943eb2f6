import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "@/i18n";
import { DraftStore } from "@/features/modeller/draft";
import { TooltipProvider } from "@/ui/tooltip";
import { ProposalView } from "./proposal-view";
import { AssistantSession, openTurn, type Turn, useTurns } from "./session";

vi.mock("@/features/modeller/requests", () => ({
  requestPlan: async () => ({ problems: [] }),
  requestRows: async () => undefined,
}));

const DRAFT = `name: shop
tables:
  # who buys
  - name: customer
    rows: 10
    columns:
      - { name: id } # never reused
`;
const PROPOSED = `name: shop
tables:
  - name: customer
    rows: 20
    columns:
      - { name: id }
      - { name: tier, generator: { type: constant, value: gold } }
  - name: loyalty
    rows: 5
    columns:
      - { name: points }
`;

const PIECES = [
  { path: ["tables", "customer", "rows"], kind: "change", before: 10, after: 20 },
  {
    path: ["tables", "customer", "columns", "tier"],
    kind: "add",
    after: { name: "tier", generator: { type: "constant", value: "gold" } },
    behind: "id",
  },
  {
    path: ["tables", "loyalty"],
    kind: "add",
    after: { name: "loyalty", rows: 5, columns: [{ name: "points" }] },
    behind: "customer",
  },
];

let session: AssistantSession;
let store: DraftStore;

function Harness() {
  const turn = openTurn(useTurns(session));
  return turn ? (
    <ProposalView
      turn={turn}
      session={session}
      draft={DRAFT}
      version={3}
      onApply={(text) => store.edit(text, { label: { key: "a" }, pointer: "" })}
    />
  ) : (
    <p>nothing is open</p>
  );
}

beforeEach(async () => {
  const result = {
    schema_text: PROPOSED,
    is_sound: true,
    rounds: 1,
    problems: [],
    pieces: PIECES,
    chosen: [],
  };
  vi.stubGlobal("fetch", async () => Response.json(result));
  session = new AssistantSession();
  store = new DraftStore("1", { version: 3, etag: "", text: DRAFT }, null);
  await session.ask({ words: "loyalty", base: DRAFT });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider>
        <Harness />
      </TooltipProvider>
    </QueryClientProvider>,
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const lines = (name: string) =>
  screen.getByRole("region", { name }).textContent?.replaceAll("\u2212", "-");

describe("a proposal", () => {
  it("is shown in pieces, each with the lines that it adds and removes", () => {
    const list = screen.getByRole("list", { name: /^Changes/ });
    expect(within(list).getAllByRole("checkbox")).toHaveLength(3);
    expect(lines("Lines of customer.rows")).toContain("-removed: rows: 10+added: rows: 20");
    expect(lines("Lines of column customer.tier")).toContain("name: tier");
    expect(screen.getByRole("button", { name: "Apply 3 of 3" })).toBeDefined();
  });

  it("is applied without the pieces that were left, and one undo gives the very text back", () => {
    fireEvent.click(screen.getByRole("checkbox", { name: /customer\.rows/ }));
    fireEvent.click(screen.getByRole("button", { name: "Apply 2 of 3" }));
    const { text } = store.get();
    expect(text).toContain("# who buys");
    expect(text).toContain("rows: 10\n");
    expect(text).toContain("{ name: id } # never reused");
    expect(text).toContain("loyalty");
    store.undo();
    expect(store.get().text).toBe(DRAFT);
    store.redo();
    expect(store.get().text).toBe(text);
  });

  it("cannot be applied with nothing chosen, and can be discarded", () => {
    fireEvent.click(screen.getByRole("checkbox", { name: "All changes" }));
    const apply = screen.getByRole("button", { name: "Apply 0 of 3" });
    expect(apply.getAttribute("aria-disabled")).toBe("true");
    fireEvent.click(apply);
    expect(store.get().text).toBe(DRAFT);
    fireEvent.click(screen.getByRole("button", { name: "Discard" }));
    expect(screen.getByText("nothing is open")).toBeDefined();
    const [turn] = session.get() as [Turn];
    expect(turn.outcome).toBe("discarded");
  });
});
