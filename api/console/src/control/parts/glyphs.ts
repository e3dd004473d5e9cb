/** Line icons, 24 x 24, drawn for this console. */

export const GLYPHS = {
  intrusion: "M4 21V5l8-3 8 3v16M9 21v-8h6v8M2 21h20",
  loitering: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3.5 2.5",
  line_crossing: "M3 20 21 4M6 7l4 4M10 7v4H6M14 13l4 4M18 13v4h-4",
  crowd: "M8 8.5a2.5 2.5 0 1 0 0-.1M16 8.5a2.5 2.5 0 1 0 0-.1M3 19c0-3 2-5.5 5-5.5s5 2.5 5 5.5M14 13.7c4-1 7 1.3 7 5.3",
  wrong_way: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM7 12h10",
  stopped_vehicle: "M4 16v-4l2-5h12l2 5v4zM7 19v-3M17 19v-3M4.5 12h15",
  person_down: "M5 12a2 2 0 1 0 0-.1M8 13h6l6 3M9 17h8M2 20h20",
  abandoned_object: "M5 8h14v12H5zM9 8V5h6v3M12 12v3M12 17.2v.1",
  fight: "M13 2 5 13h6l-1 9 8-12h-6z",
  collision: "M12 2l2.5 6 6-2.5-3 5.5 5 3.5-6.5.5L15 21l-3-5-4 5-.5-6.5L2 13l5-2.5L4.5 5l5.5 3z",
  fire: "M12 2c1 4 6 6 6 12a6 6 0 0 1-12 0c0-2.5 1-4 2.5-5.5.5 2 1.5 3 2 3C10 8 10.5 5 12 2z",
  smoke: "M4 18h13a4 4 0 0 0 0-8 6 6 0 0 0-11.5-1A4.6 4.6 0 0 0 4 18zM6 22h12",
  speeding: "M4 18a9 9 0 1 1 16 0M12 14l4.5-5M7 18h10",
  weapon: "M3 8h17v4h-8l-2 3H7l-1 5H3l2-8H3zM12 12v2",
  camera_tamper: "M3 7h11v10H3zM14 11l7-4v10l-7-4M2 3l20 18",
  other: "M12 3 2.5 20h19zM12 10v4M12 17v.1",
  camera: "M3 7h11v10H3zM14 11l7-4v10l-7-4",
  patrol: "M12 2.5 20 5c0 8-2 13-8 16.5C6 18 4 13 4 5z",
  bell: "M6 16V10a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
  bell_off: "M6 16V10a6 6 0 0 1 9-5.2M18 10v6l2 2H8M10 21h4M3 3l18 18",
  check: "M4 12.5 9.5 18 20 6.5",
  send: "M3 11.5 21 3l-7 18-3.5-7.5z",
  cross: "M5 5l14 14M19 5 5 19",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 21 21",
  help: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .8-1 1.7M12 16.5v.1",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  exit: "M14 4h6v16h-6M4 12h11M11 8l4 4-4 4",
} as const;

export type Glyph = keyof typeof GLYPHS;

export function glyphOfKind(kind: string): Glyph {
  return Object.hasOwn(GLYPHS, kind) ? (kind as Glyph) : "other";
}
