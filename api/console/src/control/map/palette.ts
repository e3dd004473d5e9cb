/** The map's colours, read from the page's tokens so that it follows the theme. */

const NAMES = [
  "land", "water", "park", "building", "street", "street-major", "street-edge", "path", "label",
  "label-halo", "route", "live", "degraded", "waiting", "dark", "unknown", "free", "busy", "off", "ink",
  "surface", "select",
] as const;

export type Palette = Record<(typeof NAMES)[number], string>;

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const entries = NAMES.map((name) => [name, style.getPropertyValue(`--map-${name}`).trim()]);
  return Object.fromEntries(entries) as Palette;
}
