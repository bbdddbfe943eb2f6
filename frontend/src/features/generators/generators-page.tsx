import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, LayoutGrid, Search } from "lucide-react";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useAlternatives, useWords } from "@/i18n/words";
import { IconButton } from "@/ui/button";
import { Code, CopyButton } from "@/ui/code";
import { Empty, ErrorPanel, ListBones } from "@/ui/feedback";
import { useHotkey, useIsPhone, useTitle } from "@/ui/hooks";
import { Input } from "@/ui/input";
import { Badge, Key } from "@/ui/mark";
import { moveBetweenRows } from "@/ui/rows";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Sentence } from "@/ui/words";

const route = getRouteApi("/shell/generators");
type Generator = Schemas["GeneratorInfo"];

function matches(
  generator: Generator,
  asked: string[],
  inWords: (sentence: string) => string,
): boolean {
  const text =
    `${generator.name} ${generator.name.replaceAll("_", " ")} ${generator.group} ${generator.description} ${inWords(generator.description)} ${generator.parameters.map((parameter) => parameter.name).join(" ")}`.toLowerCase();
  return asked.every((word) => text.includes(word));
}

/** The catalogue as the server tells it: what each generator makes, its parameters and an example. */
export function GeneratorsPage() {
  const { t } = useTranslation();
  const words = useWords();
  useTitle(t("generators.title"));
  const phone = useIsPhone();
  const navigate = useNavigate({ from: "/generators" });
  const view = route.useSearch();
  const field = useRef<HTMLInputElement>(null);
  useHotkey("/", () => field.current?.focus());
  const generators = api.useQuery("get", "/api/v1/generators", {}, { staleTime: 3_600_000 });
  const search = view.search ?? "";
  const groups = useMemo(() => {
    const asked = search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = new Map<string, Generator[]>();
    for (const generator of generators.data?.items ?? []) {
      if (matches(generator, asked, words)) {
        found.set(generator.group, [...(found.get(generator.group) ?? []), generator]);
      }
    }
    return [...found];
  }, [generators.data, search, words]);
  const chosen =
    generators.data?.items.find((generator) => generator.name === view.name) ??
    (phone ? undefined : groups[0]?.[1][0]);

  if (generators.error && !generators.data) {
    return (
      <div className="px-10 max-sm:px-4">
        <ErrorPanel error={generators.error} onRetry={() => void generators.refetch()} />
      </div>
    );
  }
  return (
    <div className="flex min-h-0 grow">
      {!(phone && chosen) && (
        <div className="flex min-h-0 w-84 shrink-0 flex-col border-r border-line max-sm:w-full max-sm:border-0">
          <div className="flex flex-col gap-3 px-4 pt-6 pb-3">
            <h1>{t("generators.title")}</h1>
            <Input
              ref={field}
              icon={Search}
              type="search"
              aria-label={t("generators.search")}
              placeholder={t("generators.search")}
              value={search}
              onChange={(event) =>
                void navigate({
                  search: (before) => ({ ...before, search: event.target.value || undefined }),
                  replace: true,
                })
              }
              after={search ? undefined : <Key>/</Key>}
            />
          </div>
          <nav
            aria-label={t("generators.title")}
            onKeyDown={moveBetweenRows}
            className="min-h-0 grow overflow-y-auto px-2 pb-4"
          >
            {!generators.data && <ListBones />}
            {generators.data && groups.length === 0 && (
              <div className="px-2">
                <Empty title={t("generators.noMatch", { search })} />
              </div>
            )}
            {groups.map(([group, members]) => (
              <section key={group}>
                <h2 className="px-2 pt-3 pb-1 text-2xs font-medium text-ink-3">
                  {t(`generators.group.${group}`, { defaultValue: group })}
                </h2>
                <ul>
                  {members.map((generator) => (
                    <li key={generator.name}>
                      <button
                        type="button"
                        data-row
                        aria-current={generator.name === chosen?.name ? "true" : undefined}
                        onClick={() =>
                          void navigate({
                            search: (before) => ({ ...before, name: generator.name }),
                            replace: !phone,
                          })
                        }
                        className="block w-full rounded-md px-2 py-1 text-left hover:bg-hover aria-[current=true]:bg-accent-tint max-sm:min-h-11"
                      >
                        <span className="font-medium">{generator.name}</span>
                        <Sentence
                          className="block truncate text-xs text-ink-2"
                          text={generator.description}
                        />
                      </button>
                    </li>
                  ))}
                </ul>
              </section>
            ))}
          </nav>
        </div>
      )}
      {chosen ? (
        <GeneratorCard
          key={chosen.name}
          generator={chosen}
          onBack={
            phone
              ? () => void navigate({ search: (before) => ({ ...before, name: undefined }) })
              : undefined
          }
        />
      ) : (
        !phone &&
        generators.data && (
          <div className="px-10">
            <Empty icon={LayoutGrid} title={t("generators.choose")} />
          </div>
        )
      )}
    </div>
  );
}

function GeneratorCard({ generator, onBack }: { generator: Generator; onBack?: () => void }) {
  const { t } = useTranslation();
  const alternatives = useAlternatives();
  return (
    <article className="min-w-0 grow overflow-y-auto px-10 py-6 max-sm:px-4">
      <div className="max-w-200">
        <header className="mb-4">
          <div className="flex items-center gap-2">
            {onBack && <IconButton icon={ChevronLeft} label={t("ui.back")} onClick={onBack} />}
            <h2 className="text-xl">{generator.name}</h2>
            <Badge>
              {t(`generators.group.${generator.group}`, { defaultValue: generator.group })}
            </Badge>
          </div>
          <p className="mt-1 text-md text-ink-2">
            <Sentence text={generator.description} />
          </p>
        </header>
        <section className="mb-7">
          <div className="mb-1.5 flex items-center justify-between">
            <h3>{t("generators.example")}</h3>
            <CopyButton text={generator.example} small />
          </div>
          <Code text={generator.example} language="yaml" label={t("generators.example")} />
        </section>
        <section>
          <h3 className="mb-2">{t("generators.parameters")}</h3>
          {generator.parameters.length === 0 ? (
            <p className="text-ink-2">{t("generators.noParameters")}</p>
          ) : (
            <Table aria-label={t("generators.parameters")}>
              <thead>
                <tr>
                  <Th>{t("generators.parameter")}</Th>
                  <Th className="max-md:hidden">{t("generators.takes")}</Th>
                  <Th>{t("generators.meaning")}</Th>
                </tr>
              </thead>
              <tbody>
                {generator.parameters.map((parameter) => (
                  <Tr key={parameter.name}>
                    <Td dense className="align-top! py-2.5">
                      <code className="text-xs">{parameter.name}</code>
                      {parameter.required && (
                        <Badge tone="line" className="ml-2">
                          {t("generators.required")}
                        </Badge>
                      )}
                    </Td>
                    <Td
                      dense
                      className="align-top! py-2.5 text-xs whitespace-normal! text-ink-2 max-md:hidden"
                    >
                      {alternatives(parameter.takes)}
                    </Td>
                    <Td dense className="align-top! py-2.5 whitespace-normal!">
                      <Sentence text={parameter.description} />
                    </Td>
                  </Tr>
                ))}
              </tbody>
            </Table>
          )}
        </section>
      </div>
    </article>
  );
}
