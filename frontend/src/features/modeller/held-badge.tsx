import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "@/ui/mark";
import { useModeller } from "./context";
import type { RuleView } from "./model";

const TONES: Record<string, Tone> = {
  derived: "success",
  by_construction: "success",
  projected: "success",
  redrawn: "warning",
  checked_only: "warning",
};

/** How the plan says that a rule will be held. */
export function HeldBadge({ rule }: { rule: RuleView }) {
  const { t, i18n } = useTranslation();
  const { plan } = useModeller();
  const held = plan.report?.rules.find((entry) => entry.id === rule.id)?.held;
  if (!held) return null;
  return (
    <Badge tone={TONES[held] ?? "neutral"}>
      {i18n.exists(`modeller.held.${held}`) ? t(`modeller.held.${held}`) : held}
    </Badge>
  );
}
