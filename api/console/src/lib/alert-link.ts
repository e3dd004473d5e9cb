/** A link to one alert, as messages to phones hold it: `/#alert=ID`. */

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The alert that the page's address names, which is cleared of it; null when there is none. */
export function takeAlert(): string | null {
  const id = new URLSearchParams(location.hash.slice(1)).get("alert");
  if (id === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return ID.test(id) ? id : null;
}
