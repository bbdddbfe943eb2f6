/** The look of a tab that is a link: in a bar, underlined while `aria-current` says it is open. */
export const tabClass =
  "relative flex h-full shrink-0 items-center gap-1.5 px-2 font-medium whitespace-nowrap text-ink-3 no-underline hover:text-ink aria-[current=page]:text-ink aria-[current=page]:after:absolute aria-[current=page]:after:inset-x-2 aria-[current=page]:after:-bottom-px aria-[current=page]:after:h-0.5 aria-[current=page]:after:bg-ink";
