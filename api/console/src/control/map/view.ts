/** The map apart from Svelte: made once, fed with data, asked where to look. */

import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, MapMouseEvent } from "maplibre-gl";
import type { Focus } from "../state/model";
import { boundsOf, type Bounds, type Point } from "./geo";
import { drawIcons } from "./icons";
import { Map } from "./maplibre";
import { paletteOf, type Palette } from "./palette";
import { cityStyle } from "./style";

export type LiveSource = "route" | "cameras" | "patrols";

const CLICKABLE = ["cameras", "patrols"];
const REACH_PX = 8;
const USUAL_PX = 16;
/** Nearer to the edge than this fraction, something is as good as out of sight. */
const EDGE = 0.12;

export class CityView {
  readonly map: Map;
  #bounds: Bounds | null;
  readonly #scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_PX;

  constructor(
    container: HTMLElement,
    private readonly city: FeatureCollection | null,
    onpick: (focus: Focus) => void,
  ) {
    const palette = paletteOf(container);
    this.#bounds = (city?.bbox as Bounds | undefined) ?? null;
    this.map = new Map({
      container,
      style: cityStyle(palette, city, this.#scale),
      ...(this.#bounds ? { bounds: this.#bounds } : {}),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      // The arrows move through the feed.
      keyboard: false,
      // Symbols are fed several times a second: a fade would make them blink.
      fadeDuration: 0,
      maxZoom: 19,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.on("click", (event) => onpick(this.#at(event)));
    this.map.on("mousemove", (event) => {
      this.map.getCanvas().style.cursor = this.#at(event) ? "pointer" : "";
    });
    this.map.on("style.load", () => drawIcons(this.map, paletteOf(container)));
  }

  /** Resolves when the style is there and data can be set. */
  ready(): Promise<void> {
    return new Promise((resolve) => void this.map.once("load", () => resolve()));
  }

  set(source: LiveSource, data: FeatureCollection): void {
    void this.map.getSource<GeoJSONSource>(source)?.setData(data);
  }

  /** Take the colours of the page anew. */
  recolour(): void {
    const palette: Palette = paletteOf(this.map.getContainer());
    for (const layer of cityStyle(palette, this.city, this.#scale).layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) {
        this.map.setPaintProperty(layer.id, name as "fill-color", value as string);
      }
    }
    drawIcons(this.map, palette);
  }

  /** Show the city; without a map of it, everything that has a place. */
  fit(points: readonly Point[], still: boolean): void {
    const bounds = this.#bounds ?? boundsOf(points);
    if (bounds) this.map.fitBounds(bounds, { animate: !still, maxZoom: 16, padding: 40 });
  }

  /** Bring points into sight, moving only when one of them is not. */
  show(points: readonly Point[], still: boolean): void {
    if (points.length === 0 || points.every((one) => this.#sees(one))) return;
    const bounds = boundsOf(points, 0.001);
    if (bounds) this.map.fitBounds(bounds, { animate: !still, maxZoom: 16, padding: 90 });
  }

  #sees(at: Point): boolean {
    const { x, y } = this.map.project(at);
    const { clientWidth, clientHeight } = this.map.getContainer();
    const inside = (value: number, size: number): boolean =>
      value > size * EDGE && value < size * (1 - EDGE);
    return inside(x, clientWidth) && inside(y, clientHeight);
  }

  #at({ point }: MapMouseEvent): Focus {
    const layers = CLICKABLE.filter((id) => this.map.getLayer(id));
    const found = this.map.queryRenderedFeatures(
      [
        [point.x - REACH_PX, point.y - REACH_PX],
        [point.x + REACH_PX, point.y + REACH_PX],
      ],
      { layers },
    )[0];
    const id = found?.properties["id"] as string | undefined;
    if (found === undefined || id === undefined) return null;
    return found.layer.id === "cameras" ? { camera: id } : { patrol: id };
  }
}
