import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useSyncExternalStore } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import "@/i18n";
import { TooltipProvider } from "@/ui/tooltip";
import { ModellerContext, type View } from "./context";
import { placeOf } from "./document";
import { DraftStore } from "./draft";
import { LANGUAGE } from "./language.fixture";
import { tablesOf } from "./model";
import { ProblemList } from "./problem-list";
import { catalogueOf } from "./queries";

vi.mock("@/api/client", () => ({ client: {}, api: {}, queryClient: {} }));

const TEXT = `name: shop
tables:
  - name: customer
    columns:
      - { name: id, generator: { type: frist_name } } # kept
`;
const POINTER = "/tables/0/columns/0/generator/type";

let store: DraftStore;
const go = vi.fn<(view: View) => void>();

function Harness({ readOnly }: { readOnly: boolean }) {
  const draft = useSyncExternalStore(store.subscribe, store.get);
  const tables = tablesOf(draft.schema);
  const problem = {
    code: "unknown_value",
    severity: "error" as const,
    pointer: POINTER,
    detail: 'unknown generator "frist_name"',
    params: {},
    fix: [{ op: "replace", path: POINTER, value: "first_name" }],
  };
  const problems = [{ problem, ...placeOf(draft.text, POINTER) }];
  return (
    <TooltipProvider>
      <ModellerContext
        value={{
          datasetId: "1",
          store,
          draft,
          catalogue: catalogueOf(LANGUAGE, []),
          tables,
          table: tables[0],
          column: undefined,
          view: {},
          go,
          plan: { report: undefined, problems, ms: 0, pending: false, unreachable: false },
          problems,
          preview: {
            data: undefined,
            changed: new Set(),
            stale: false,
            ms: 0,
            more: () => undefined,
            again: () => undefined,
            error: undefined,
          },
          shapes: new Map(),
          readOnly,
          save: async () => true,
        }}
      >
        <ProblemList />
      </ModellerContext>
    </TooltipProvider>
  );
}

function open(readOnly = false) {
  store = new DraftStore("1", { version: 1, etag: '"a"', text: TEXT }, null);
  render(<Harness readOnly={readOnly} />);
}

afterEach(cleanup);

describe("the list of problems", () => {
  it("groups by table, names the line and leads to the place", () => {
    open();
    expect(screen.getByRole("heading").textContent).toBe("customer");
    expect(screen.getByText(/line 5/)).toBeTruthy();
    fireEvent.click(screen.getByText(/unknown generator/));
    expect(go).toHaveBeenCalledWith(expect.objectContaining({ table: "customer", column: "id" }));
  });

  it("applies the proposed change as one step", () => {
    open();
    const button = screen.getByRole("button", { name: "Use first_name" });
    expect(button.getAttribute("title")).toContain("replace");
    fireEvent.click(button);
    expect(store.get().text).toContain("{ name: id, generator: { type: first_name } } # kept");
    store.undo();
    expect(store.get().text).toBe(TEXT);
  });

  it("proposes nothing to whoever may only read", () => {
    open(true);
    expect(screen.queryByRole("button", { name: "Use first_name" })).toBeNull();
  });
});
