import { useTranslation } from "react-i18next";
import { asProblem } from "@/api/problem";
import { ErrorPanel, errorTitle } from "@/ui/feedback";
import { useTitle } from "@/ui/hooks";
import { Page } from "@/ui/page";

/** A page whose subject could not be read. */
export function FailedPage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  useTitle(errorTitle(asProblem(error), t));
  return (
    <Page>
      <ErrorPanel error={error} onRetry={onRetry} level="h1" />
    </Page>
  );
}
