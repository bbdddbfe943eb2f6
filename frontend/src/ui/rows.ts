import type { KeyboardEvent } from "react";

/** Arrows move between the rows of a list: each row's link carries `data-row`. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (event.target instanceof HTMLInputElement) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const row = (event.target as HTMLElement).closest("tr, li");
  const at = links.findIndex((link) => row?.contains(link));
  const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** A link that covers its whole row; what else the row holds lies above with `relative`. */
export const rowLinkClass =
  "font-medium text-ink no-underline outline-none after:absolute after:inset-0 after:rounded-md focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-focus";
