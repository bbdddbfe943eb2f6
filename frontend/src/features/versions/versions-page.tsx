import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, Download, History } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, fetchText, type Schemas } from "@/api/client";
import { useCanWrite } from "@/api/session";
import { useFormat } from "@/i18n/format";
import { Button, IconButton } from "@/ui/button";
import { Segment } from "@/ui/choice";
import { Code, CopyButton } from "@/ui/code";
import { saveFile } from "@/ui/download";
import { useFailureWords } from "@/ui/failure";
import { ErrorPanel, ListBones } from "@/ui/feedback";
import { useIsPhone, useTitle } from "@/ui/hooks";
import { Avatar, Badge } from "@/ui/mark";
import { toast } from "@/ui/toast";
import { Difference } from "./difference";

const route = getRouteApi("/shell/datasets/$datasetId/versions");

/** Every saved version, its text and what it changed; an old one is restored by saving it again. */
export function VersionsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const phone = useIsPhone();
  const navigate = useNavigate({ from: "/datasets/$datasetId/versions" });
  const { datasetId } = route.useParams();
  const { version: asked } = route.useSearch();
  const dataset = api.useQuery("get", "/api/v1/datasets/{id}", {
    params: { path: { id: datasetId } },
  });
  useTitle(t("datasets.tabs.versions"), dataset.data?.name);
  const versions = api.useQuery("get", "/api/v1/datasets/{id}/versions", {
    params: { path: { id: datasetId }, query: { limit: 200 } },
  });
  const items = versions.data?.items;
  const open = asked ?? (phone ? undefined : items?.[0]?.version);

  if (versions.error && !items) {
    return (
      <div className="px-9 max-sm:px-4">
        <ErrorPanel error={versions.error} onRetry={() => void versions.refetch()} />
      </div>
    );
  }
  const newest = items?.[0]?.version;
  return (
    <div className="flex min-h-0 grow">
      {!(phone && open !== undefined) && (
        <nav
          aria-label={t("datasets.tabs.versions")}
          className="w-64 shrink-0 overflow-y-auto border-r border-line bg-canvas p-2 max-sm:w-full max-sm:border-0"
        >
          <h1 className="px-2 py-2 text-2xs font-medium text-ink-3">{t("versions.heading")}</h1>
          {!items && <ListBones />}
          <ul className="flex flex-col gap-px">
            {items?.map((version) => (
              <li key={version.version}>
                <button
                  type="button"
                  aria-current={version.version === open ? "true" : undefined}
                  onClick={() => void navigate({ search: { version: version.version } })}
                  className="flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-left hover:bg-hover aria-[current=true]:bg-accent-tint"
                >
                  {version.created_by && <Avatar name={version.created_by.name} />}
                  <span className="min-w-0 grow">
                    <span className="flex items-center gap-2 font-medium">
                      {t("versions.version", { version: format.number(version.version) })}
                      {version.version === newest && (
                        <Badge tone="accent">{t("versions.newest")}</Badge>
                      )}
                    </span>
                    <span className="block truncate text-xs text-ink-2">
                      {format.relative(version.created_at)} · {format.bytes(version.size_bytes)}
                    </span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {open !== undefined && (
        <VersionText
          key={open}
          datasetId={datasetId}
          name={dataset.data?.name ?? ""}
          version={open}
          newest={newest}
          onBack={phone ? () => void navigate({ search: {} }) : undefined}
        />
      )}
    </div>
  );
}

function useVersion(datasetId: string, version: number | undefined) {
  return api.useQuery(
    "get",
    "/api/v1/datasets/{id}/versions/{version}",
    { params: { path: { id: datasetId, version: version ?? 0 } } },
    { enabled: version !== undefined && version > 0, staleTime: Number.POSITIVE_INFINITY },
  );
}

function useRestore(datasetId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (version: Schemas["Version"]) => {
      const path = `/api/v1/datasets/${datasetId}/schema`;
      const { headers } = await fetchText(path);
      const { text } = await fetchText(path, {
        method: "PUT",
        headers: {
          "content-type": version.media_type,
          "if-match": headers.get("etag") ?? "",
        },
        body: version.text ?? "",
      });
      return JSON.parse(text) as Schemas["Version"];
    },
    onSettled: () => {
      for (const path of [
        "/api/v1/datasets/{id}",
        "/api/v1/datasets/{id}/versions",
        "/api/v1/datasets",
      ]) {
        void queries.invalidateQueries({ queryKey: ["get", path] });
      }
    },
  });
}

function VersionText({
  datasetId,
  name,
  version,
  newest,
  onBack,
}: {
  datasetId: string;
  name: string;
  version: number;
  newest: number | undefined;
  onBack?: () => void;
}) {
  const { t } = useTranslation();
  const failureWords = useFailureWords();
  const format = useFormat();
  const canWrite = useCanWrite();
  const navigate = useNavigate({ from: "/datasets/$datasetId/versions" });
  const { compare } = route.useSearch();
  const shown = useVersion(datasetId, version);
  const before = useVersion(datasetId, version > 1 ? version - 1 : undefined);
  const restore = useRestore(datasetId);
  const mode = compare && version > 1 ? "changes" : "text";
  const data = shown.data;
  const extension = data?.media_type.includes("json") ? "json" : "yaml";
  const text = useMemo(() => data?.text ?? "", [data]);
  return (
    <section className="flex min-w-0 grow flex-col">
      <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        {onBack && <IconButton icon={ChevronLeft} label={t("ui.back")} onClick={onBack} />}
        <h2 className="text-sm">{t("versions.version", { version: format.number(version) })}</h2>
        {data && (
          <span className="text-xs text-ink-3">
            {data.created_by
              ? t("versions.savedBy", {
                  name: data.created_by.name,
                  when: format.dateTime(data.created_at),
                })
              : format.dateTime(data.created_at)}
          </span>
        )}
        <span className="ml-auto flex flex-wrap items-center gap-2">
          {version > 1 && (
            <Segment
              label={t("versions.view")}
              value={mode}
              onChange={(next) =>
                void navigate({
                  search: (search) => ({
                    ...search,
                    version,
                    compare: next === "changes" || undefined,
                  }),
                  replace: true,
                })
              }
              options={[
                { value: "text", label: t("versions.text") },
                { value: "changes", label: t("versions.changes") },
              ]}
            />
          )}
          {data && <CopyButton text={text} small />}
          {data && (
            <IconButton
              icon={Download}
              label={t("versions.download")}
              size="xs"
              onClick={() =>
                saveFile(
                  new Blob([text], { type: data.media_type }),
                  `${name}.v${version}.${extension}`,
                )
              }
            />
          )}
          {canWrite && data && newest !== undefined && version !== newest && (
            <Button
              icon={History}
              busy={restore.isPending}
              onClick={() =>
                restore.mutate(data, {
                  onSuccess: (saved) => {
                    toast(
                      t("versions.restored", {
                        version: format.number(version),
                        as: format.number(saved.version),
                      }),
                    );
                    void navigate({ search: { version: saved.version } });
                  },
                  onError: (error) => toast(failureWords(error), undefined, "danger"),
                })
              }
            >
              {t("versions.restore")}
            </Button>
          )}
        </span>
      </header>
      {shown.error ? (
        <div className="px-4">
          <ErrorPanel error={shown.error} onRetry={() => void shown.refetch()} />
        </div>
      ) : !data ? (
        <div className="p-4">
          <ListBones />
        </div>
      ) : mode === "changes" ? (
        <Difference before={before.data?.text ?? ""} after={text} />
      ) : (
        <Code
          text={text}
          language="yaml"
          label={t("versions.textOf", { version: format.number(version) })}
          className="min-h-0 grow rounded-none bg-surface! px-4"
        />
      )}
    </section>
  );
}
