/** Distances and directions on the sphere. Points are [longitude, latitude] in degrees. */

import { metresBetween } from "../../lib/geo";

export type Point = [number, number];
export type Bounds = [west: number, south: number, east: number, north: number];

const rad = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in metres. */
export function distanceM(a: Point, b: Point): number {
  return metresBetween(
    { longitude: a[0], latitude: a[1] },
    { longitude: b[0], latitude: b[1] },
  );
}

/** Initial course from `a` to `b`, degrees clockwise from north, 0 to 360. */
export function headingOf([lonA, latA]: Point, [lonB, latB]: Point): number {
  const dLon = rad(lonB - lonA);
  const y = Math.sin(dLon) * Math.cos(rad(latB));
  const x =
    Math.cos(rad(latA)) * Math.sin(rad(latB)) -
    Math.sin(rad(latA)) * Math.cos(rad(latB)) * Math.cos(dLon);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

/** The smallest box around points, widened by `marginDegrees`; null without points. */
export function boundsOf(points: readonly Point[], marginDegrees = 0.004): Bounds | null {
  if (points.length === 0) return null;
  const lon = points.map((one) => one[0]);
  const lat = points.map((one) => one[1]);
  return [
    Math.min(...lon) - marginDegrees,
    Math.min(...lat) - marginDegrees,
    Math.max(...lon) + marginDegrees,
    Math.max(...lat) + marginDegrees,
  ];
}
