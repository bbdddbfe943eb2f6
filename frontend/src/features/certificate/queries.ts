import { useQuery } from "@tanstack/react-query";
import { fetchBlob, fetchText, type Schemas } from "@/api/client";
import { saveFile } from "@/ui/download";

/** A certificate never changes. */
const forever = { staleTime: Number.POSITIVE_INFINITY };

export function useCertificate(generationId: string) {
  return useQuery({
    ...forever,
    queryKey: ["certificate", generationId],
    queryFn: async ({ signal }) => {
      const { text } = await fetchText(pathOf(generationId, "json"), { signal });
      return JSON.parse(text) as Schemas["Certificate"];
    },
  });
}

const pathOf = (generationId: string, format: "html" | "json" | "sql") =>
  `/api/v1/generations/${generationId}/certificate${format === "json" ? "" : `?format=${format}`}`;

export function useCertificateSql(generationId: string, on: boolean) {
  return useQuery({
    ...forever,
    queryKey: ["certificate-sql", generationId],
    enabled: on,
    queryFn: async ({ signal }) =>
      (await fetchText(pathOf(generationId, "sql"), { signal, headers: { accept: "*/*" } })).text,
  });
}

export async function downloadCertificate(
  generationId: string,
  format: "html" | "json" | "sql",
  name: string,
) {
  const blob = await fetchBlob(pathOf(generationId, format), {
    headers: { accept: format === "json" ? "application/json" : "*/*" },
  });
  saveFile(blob, name);
}
