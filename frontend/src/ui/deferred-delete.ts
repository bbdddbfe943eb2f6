import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFailureWords } from "./failure";
import { toast } from "./toast";

/** How long what was deleted can be taken back: as long as its notice stands. */
const UNDO_MS = 6000;

/**
 * Deletes what the server cannot give back: it disappears at once, and is deleted when the time to take it back has passed.
 */
export function useDeferredDelete(run: (id: string) => Promise<unknown>) {
  const { t } = useTranslation();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const latest = useRef(run);
  latest.current = run;
  const failureWords = useFailureWords();
  const say = useRef(failureWords);
  say.current = failureWords;

  const show = useCallback((id: string) => {
    setHidden((before) => new Set([...before].filter((each) => each !== id)));
  }, []);

  const remove = useCallback(
    (id: string, words: string) => {
      setHidden((before) => new Set([...before, id]));
      const timer = setTimeout(() => {
        latest.current(id).catch((error: unknown) => {
          show(id);
          toast(say.current(error), undefined, "danger");
        });
      }, UNDO_MS);
      toast(words, {
        label: t("ui.undo"),
        onClick: () => {
          clearTimeout(timer);
          show(id);
        },
      });
    },
    [show, t],
  );
  return { hidden, remove };
}
