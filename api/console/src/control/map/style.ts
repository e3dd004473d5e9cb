/** The map's layers, bottom to top. No glyph server: labels are drawn from the page's fonts. */

import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  StyleSpecification,
  SymbolLayerSpecification,
} from "maplibre-gl";
import type { FeatureCollection } from "geojson";
import type { Palette } from "./palette";

export const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const FONT = ["system-ui", "sans-serif"];

/** `scale`: how much larger than usual the page's letters are, e.g. on a wall of screens. */
export function cityStyle(
  palette: Palette,
  city: FeatureCollection | null,
  scale = 1,
): StyleSpecification {
  const empty = { type: "geojson" as const, data: NOTHING };
  return {
    version: 8,
    sources: {
      city: { type: "geojson", data: city ?? NOTHING, tolerance: 0.5 },
      route: empty,
      cameras: empty,
      patrols: empty,
    },
    layers: [...groundLayers(palette), ...streetLayers(palette, scale), ...liveLayers(palette, scale)],
  };
}

const of = (layer: string): FilterSpecification => ["==", ["get", "layer"], layer];
const streets = (...ranks: number[]): FilterSpecification => [
  "all",
  ["==", ["get", "layer"], "street"],
  ["in", ["get", "rank"], ["literal", ranks]],
];

/** A width in pixels that grows with the zoom, from zoom 12 to 18. */
function wide(at12: number, at15: number, at18: number): ExpressionSpecification {
  return ["interpolate", ["exponential", 1.6], ["zoom"], 12, at12, 15, at15, 18, at18];
}

function groundLayers(palette: Palette): LayerSpecification[] {
  const fill = (id: string, color: string, minzoom = 0): LayerSpecification => ({
    id,
    type: "fill",
    source: "city",
    minzoom,
    filter: ["all", of(id), ["==", ["geometry-type"], "Polygon"]] as FilterSpecification,
    paint: { "fill-color": color },
  });
  return [
    { id: "land", type: "background", paint: { "background-color": palette.land } },
    fill("park", palette.park),
    fill("water", palette.water),
    fill("building", palette.building, 14),
  ];
}

function streetLayers(palette: Palette, scale: number): LayerSpecification[] {
  const line = (
    id: string,
    filter: FilterSpecification,
    color: string,
    width: ExpressionSpecification,
    extra: Record<string, unknown> = {},
  ): LayerSpecification => ({
    id,
    type: "line",
    source: "city",
    filter,
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": width, ...extra },
  });
  return [
    line("path", streets(4), palette.path, wide(0, 0.8, 3), { "line-dasharray": [2, 1.5] }),
    line("minor-edge", streets(3), palette["street-edge"], wide(0.6, 3.6, 15)),
    line("middle-edge", streets(2), palette["street-edge"], wide(1.4, 6, 20)),
    line("major-edge", streets(1), palette["street-edge"], wide(2.4, 8, 26)),
    line("minor", streets(3), palette.street, wide(0.4, 2.4, 13)),
    line("middle", streets(2), palette.street, wide(0.9, 4.4, 17.5)),
    line("major", streets(1), palette["street-major"], wide(1.6, 6.2, 23)),
    {
      id: "street-names",
      type: "symbol",
      source: "city",
      minzoom: 13.5,
      filter: ["all", of("street"), ["has", "name"], ["<", ["get", "rank"], 4]] as FilterSpecification,
      layout: {
        "symbol-placement": "line",
        "symbol-spacing": 320,
        "symbol-sort-key": ["get", "rank"],
        "text-field": ["get", "name"],
        "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13.5, 10 * scale, 17, 13 * scale],
        "text-padding": 8,
      },
      paint: {
        "text-color": palette.label,
        "text-halo-color": palette["label-halo"],
        "text-halo-width": 1.4,
      },
    },
  ];
}

function liveLayers(palette: Palette, scale: number): LayerSpecification[] {
  const name: NonNullable<SymbolLayerSpecification["layout"]> = {
    "text-font": FONT,
    "text-size": 11 * scale,
    "icon-size": scale,
    "text-anchor": "top",
    "text-offset": [0, 1.25],
    "text-optional": true,
  };
  const labelPaint = {
    "text-color": palette.ink,
    "text-halo-color": palette["label-halo"],
    "text-halo-width": 1.6,
  };
  return [
    {
      id: "route",
      type: "line",
      source: "route",
      layout: { "line-cap": "round" },
      paint: { "line-color": palette.route, "line-width": 3 * scale, "line-dasharray": [0.4, 1.9] },
    },
    {
      id: "cameras",
      type: "symbol",
      source: "cameras",
      layout: {
        ...name,
        "text-field": ["step", ["zoom"], "", 14, ["get", "label"]],
        "icon-image": ["get", "icon"],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["get", "order"],
      },
      paint: labelPaint,
    },
    {
      id: "patrol-headings",
      type: "symbol",
      source: "patrols",
      filter: ["has", "heading"],
      layout: {
        "icon-image": ["concat", ["get", "icon"], "-heading"],
        "icon-size": scale,
        "icon-rotate": ["get", "heading"],
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
      paint: { "icon-opacity": ["get", "solidity"] },
    },
    {
      id: "patrols",
      type: "symbol",
      source: "patrols",
      layout: {
        ...name,
        "text-field": ["step", ["zoom"], "", 12.5, ["get", "label"]],
        "icon-image": ["get", "icon"],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["get", "order"],
      },
      paint: {
        ...labelPaint,
        "icon-opacity": ["get", "solidity"],
        "text-opacity": ["get", "solidity"],
      },
    },
  ];
}
