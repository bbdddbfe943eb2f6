import { useState } from "react";
import type { Saving } from "./use-save";

/** A generation points at a version, so the draft is saved before its dialog opens. */
export function useGenerate(saving: Saving, open: () => void) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      if (await saving.save()) open();
    } finally {
      setBusy(false);
    }
  };
  return { run, busy };
}
