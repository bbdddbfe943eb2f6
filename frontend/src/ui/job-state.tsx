import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleX,
  KeyRound,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { State, type Tone } from "./mark";

export type JobState = Schemas["State"];

const LOOKS: Record<JobState, [Tone, LucideIcon]> = {
  queued: ["neutral", CircleDashed],
  running: ["accent", LoaderCircle],
  succeeded: ["success", CircleCheck],
  failed: ["danger", CircleX],
  cancelled: ["neutral", Ban],
  needs_key: ["warning", KeyRound],
};

export const isUnderWay = (state: JobState | undefined) =>
  state === "queued" || state === "running";

/** How far a job is, as a word with its icon. */
export function JobStateMark({ state }: { state: JobState }) {
  const { t } = useTranslation();
  const [tone, icon] = LOOKS[state];
  return (
    <State tone={tone} icon={icon} spinning={state === "running"}>
      {t(`ui.state.${state}`)}
    </State>
  );
}
