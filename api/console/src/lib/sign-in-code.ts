/** The one-time code of a sign-in link: `/#code=qc_...`. Fragments reach no server and no log. */

/** The code in the page's address, which is cleared of it; null when there is none. */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** Whether the page was opened by a sign-in link. */
export function hasCode(): boolean {
  return new URLSearchParams(location.hash.slice(1)).has("code");
}

/** The code that somebody pasted: itself, or the whole link it came in. */
export function codeIn(pasted: string): string {
  const text = pasted.trim();
  return /#code=([\w-]+)/.exec(text)?.[1] ?? text;
}
