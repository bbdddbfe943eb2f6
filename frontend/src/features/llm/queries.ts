import { api } from "@/api/client";
import { useHasSessionKey } from "./session-key";

/** What the server knows of its language model. */
export function useLlmStatus() {
  return api.useQuery("get", "/api/v1/llm/status", {}, { staleTime: 60_000 });
}

/** Whether a model can be asked: with the server's key or with one for this session. Undefined until the server has said so. */
export function useCanAsk(): boolean | undefined {
  const status = useLlmStatus();
  const own = useHasSessionKey();
  if (own) return true;
  // A server that says nothing of it is asked anyway: it gives the reason itself.
  return status.isError ? true : status.data?.configured;
}
