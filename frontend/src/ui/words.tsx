/** A sentence whose `names` stand between backticks. */
export function Words({ text }: { text: string }) {
  const parts = text.split("`").map((part, at) => ({ part, at, isName: at % 2 === 1 }));
  return parts.map(({ part, at, isName }) =>
    isName ? (
      <code key={at} className="mono">
        {part}
      </code>
    ) : (
      part
    ),
  );
}
