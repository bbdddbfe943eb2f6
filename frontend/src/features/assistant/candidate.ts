import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";
import { requestPlan, requestRows } from "@/features/modeller/requests";
import { useDebounced } from "@/ui/hooks";

const ROWS = 20;

/** What the server says of a schema that is not the draft yet: its plan, and rows of one of its tables. */
export function useCandidate(text: string | null, table: string | undefined) {
  const settled = useDebounced(text, 150);
  const plan = useQuery({
    queryKey: ["assistant-plan", settled],
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const start = performance.now();
      const planned = await requestPlan(settled ?? "", signal);
      return { ...planned, ms: performance.now() - start };
    },
  });
  const rows = useQuery({
    queryKey: ["assistant-rows", settled, table],
    enabled: settled !== null && table !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: async ({ signal }) => {
      try {
        return (
          (await requestRows({ schema_text: settled ?? "" }, table ?? "", ROWS, signal)) ?? null
        );
      } catch (error) {
        // A schema that does not plan has no rows; the plan says why.
        if (asProblem(error).status === 422) return null;
        throw error;
      }
    },
  });
  return {
    plan: plan.data,
    rows: rows.data,
    settled: settled === text && !plan.isPlaceholderData && !plan.isFetching,
    error: plan.error,
  };
}

export type Candidate = ReturnType<typeof useCandidate>;
