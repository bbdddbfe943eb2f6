import { useTranslation } from "react-i18next";
import { useDelayed } from "@/ui/hooks";

const WIDTHS = ["w-24", "w-32", "w-20", "w-28", "w-36", "w-24", "w-16", "w-28"];

/** The modeller before its schema has come: the bones of its regions, nothing for the first moment. */
export function ModellerBones() {
  const { t } = useTranslation();
  const late = useDelayed(true);
  return (
    <div role="status" aria-label={t("ui.loading")} className="flex min-h-0 grow">
      {late && (
        <>
          <div className="w-49 border-r border-line bg-canvas p-4 max-lg:hidden">
            {WIDTHS.slice(0, 5).map((width) => (
              <span key={width} className={`bone mb-5 ${width}`} />
            ))}
          </div>
          <div className="grow">
            <div className="h-10 border-b border-line p-3">
              <span className="bone w-40" />
            </div>
            {WIDTHS.map((width, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: bones have no identity
              <div key={at} className="flex h-7.5 items-center gap-8 border-b border-line px-4">
                <span className={`bone ${width}`} />
                <span className="bone w-16" />
                <span className="bone w-40" />
              </div>
            ))}
          </div>
          <div className="w-86 border-l border-line p-4 max-lg:hidden">
            <span className="bone mb-6 w-32" />
            <span className="bone mb-4 w-full" />
            <span className="bone mb-4 w-full" />
            <span className="bone w-2/3" />
          </div>
        </>
      )}
    </div>
  );
}
