import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import i18n from "@/i18n";
import { GenerationCost } from "./generation-cost";
import { NoteList } from "./notes";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: string }) => <a href="/usage">{children}</a>,
}));

const usage = {
  items: [
    {
      table: "review",
      column: "title",
      prompt_tokens: 900,
      completion_tokens: 100,
      cost_usd: 0.02,
    },
    {
      table: "review",
      column: "text",
      prompt_tokens: 1500,
      completion_tokens: 500,
      cost_usd: 0.04,
    },
  ],
};

const pool = (column: string, more: object = {}) => ({
  table: "review",
  columns: [column],
  questions: 1,
  answers: 100,
  duplicates: 0,
  invalid: 0,
  refusals: 0,
  exhausted: 0,
  failed: 0,
  failure: null,
  ...more,
});

function show() {
  const llm = {
    model: "a-model",
    ceiling_usd: 1,
    calls: 4,
    prompt_tokens: 2400,
    completion_tokens: 600,
    cost_usd: 0.06,
    pools: [
      pool("title", { duplicates: 3 }),
      pool("text", { answers: 0, invalid: 50, refusals: 1, failed: 1, failure: "it is empty" }),
    ],
  };
  vi.stubGlobal(
    "fetch",
    vi.fn(async () => Response.json({ ...usage, total: 2, next: null, totals: {} })),
  );
  render(
    <QueryClientProvider client={new QueryClient()}>
      <GenerationCost id="1" llm={llm} />
    </QueryClientProvider>,
  );
}

afterEach(async () => {
  cleanup();
  vi.unstubAllGlobals();
  await i18n.changeLanguage("en");
});

describe("what a generation took of a language model", () => {
  it("is shown in all and by column, with what went wrong", async () => {
    show();
    expect(await screen.findByText(/1,000 tokens · .*0\.02/)).toBeTruthy();
    expect(screen.getByText(/2,000 tokens · .*0\.04/)).toBeTruthy();
    expect(screen.getByText("3 duplicates")).toBeTruthy();
    expect(screen.getByText("50 refused as invalid")).toBeTruthy();
    expect(screen.getByText("1 declined by the model")).toBeTruthy();
    expect(screen.getByText("it is empty")).toBeTruthy();
    expect(screen.getByText("What it took, by column")).toBeTruthy();
  });
});

describe("what stands in for a language model", () => {
  const notes = [
    {
      table: "review",
      columns: ["title"],
      text: "no language model was asked: filled by text",
    },
  ];

  it("is told in both languages", async () => {
    render(<NoteList notes={notes} />);
    expect(screen.getByRole("listitem").textContent).toContain("no language model was asked");
    cleanup();
    await i18n.changeLanguage("es");
    render(<NoteList notes={notes} />);
    await screen.findByText(/no se preguntó a ningún modelo de lenguaje/);
    expect(screen.getByRole("listitem").textContent).toContain("review.title");
  });
});
