import type { Schemas } from "@/api/client";
import type { Taken } from "./types";

type Usage = Pick<
  Schemas["LlmUsage"],
  "table" | "column" | "calls" | "prompt_tokens" | "completion_tokens" | "cost_usd"
>;

/** What the columns of a pool took: a question that two columns ask is on the account of the first. */
export function takenBy(
  items: readonly Usage[],
  pool: { table: string; columns: readonly string[] },
  isPriced: boolean,
): Taken {
  const columns = pool.columns.join(", ");
  const own = items.filter((item) => item.table === pool.table && item.column === columns);
  const sum = (of: (item: Usage) => number) => own.reduce((all, item) => all + of(item), 0);
  return {
    calls: sum((item) => item.calls),
    prompt_tokens: sum((item) => item.prompt_tokens),
    completion_tokens: sum((item) => item.completion_tokens),
    cost_usd: isPriced ? sum((item) => item.cost_usd) : null,
  };
}

/** The words for who asked, where it is no generation that is still there: keys of the locale. */
export function askerKey(item: Pick<Schemas["LlmUsage"], "asked_by">) {
  return (
    {
      assistant: "assistant.title",
      command: "llm.usage.command",
      generation: "llm.usage.noGeneration",
    } as const
  )[item.asked_by];
}
