/** The map's symbols, drawn with the page's colours. Shape and colour say the same thing twice. */

import type { Map } from "./maplibre";
import type { Palette } from "./palette";

const RATIO = 2;
const SIZE = 30;

type Pen = CanvasRenderingContext2D;

/** Draw every symbol anew, e.g. after a change of theme. */
export function drawIcons(map: Map, palette: Palette): void {
  for (const [name, draw] of Object.entries(symbols(palette))) {
    const image = drawn(draw);
    if (map.hasImage(name)) map.updateImage(name, image);
    else map.addImage(name, image, { pixelRatio: RATIO });
  }
}

function symbols(palette: Palette): Record<string, (pen: Pen) => void> {
  const camera = (color: string, shape: (pen: Pen) => void, crossed: boolean) => (pen: Pen) => {
    pen.fillStyle = color;
    pen.strokeStyle = palette.surface;
    pen.lineWidth = 2;
    shape(pen);
    lens(pen, palette.surface);
    if (crossed) slash(pen, palette.surface, color);
  };
  const hollow = (color: string) => (pen: Pen) => {
    pen.fillStyle = color;
    pen.strokeStyle = palette.surface;
    pen.lineWidth = 2;
    disc(pen, 12);
    pen.fillStyle = palette.surface;
    pen.lineWidth = 0.1;
    disc(pen, 9);
    lens(pen, color);
  };
  const patrol = (color: string, hollow: boolean) => (pen: Pen) => {
    pen.fillStyle = hollow ? palette.surface : color;
    pen.strokeStyle = hollow ? color : palette.surface;
    pen.lineWidth = 2;
    disc(pen, 9);
    shield(pen, hollow ? color : palette.surface);
  };
  const heading = (color: string) => (pen: Pen) => {
    pen.fillStyle = color;
    pen.strokeStyle = palette.surface;
    pen.lineWidth = 1.5;
    trace(pen, [[0, -14.5], [5.5, -7], [-5.5, -7]]);
    pen.stroke();
    pen.fill();
  };
  return {
    "camera-live": camera(palette.live, (pen) => disc(pen, 10), false),
    "camera-degraded": hollow(palette.degraded),
    "camera-waiting": camera(palette.waiting, (pen) => diamond(pen), false),
    "camera-dark": camera(palette.dark, (pen) => square(pen), true),
    "camera-unknown": camera(palette.unknown, (pen) => square(pen), false),
    "patrol-free": patrol(palette.free, false),
    "patrol-busy": patrol(palette.busy, false),
    "patrol-off_duty": patrol(palette.off, true),
    "patrol-free-heading": heading(palette.free),
    "patrol-busy-heading": heading(palette.busy),
  };
}

function drawn(draw: (pen: Pen) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (pen === null) throw new Error("this browser cannot draw on a canvas");
  pen.scale(RATIO, RATIO);
  pen.translate(SIZE / 2, SIZE / 2);
  pen.lineJoin = pen.lineCap = "round";
  draw(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function disc(pen: Pen, radius: number): void {
  pen.beginPath();
  pen.arc(0, 0, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}

function square(pen: Pen): void {
  pen.beginPath();
  pen.roundRect(-9.5, -9.5, 19, 19, 4);
  pen.fill();
  pen.stroke();
}

function diamond(pen: Pen): void {
  trace(pen, [[0, -12], [12, 0], [0, 12], [-12, 0]]);
  pen.fill();
  pen.stroke();
}

/** A small video camera. */
function lens(pen: Pen, color: string): void {
  pen.fillStyle = color;
  pen.beginPath();
  pen.roundRect(-6, -3.5, 7.5, 7, 1.5);
  pen.fill();
  trace(pen, [[2.5, -0.8], [6, -3], [6, 3], [2.5, 0.8]]);
  pen.fill();
}

function slash(pen: Pen, color: string, edge: string): void {
  for (const [stroke, width] of [[edge, 5], [color, 2]] as const) {
    pen.strokeStyle = stroke;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(-6, 6);
    pen.lineTo(6, -6);
    pen.stroke();
  }
}

function shield(pen: Pen, color: string): void {
  pen.fillStyle = color;
  pen.beginPath();
  pen.moveTo(0, -5.5);
  pen.lineTo(4.5, -4);
  pen.quadraticCurveTo(4.8, 2.5, 0, 5.5);
  pen.quadraticCurveTo(-4.8, 2.5, -4.5, -4);
  pen.closePath();
  pen.fill();
}

function trace(pen: Pen, corners: readonly (readonly [number, number])[]): void {
  pen.beginPath();
  corners.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.closePath();
}
