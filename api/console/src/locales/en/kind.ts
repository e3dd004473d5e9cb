export const kind = {
  "kind.intrusion": "Intrusion",
  "kind.loitering": "Loitering",
  "kind.line_crossing": "Line crossing",
  "kind.other": "Incident",
  "kind.intrusion.why": "Somebody is inside the zone “{zone}”.",
  "kind.loitering.why": "Somebody has stayed in the zone “{zone}” for a long time.",
  "kind.line_crossing.why": "Somebody crossed the line “{zone}”.",
  "kind.intrusion.why_frame": "Somebody is where nobody should be.",
  "kind.loitering.why_frame": "Somebody has stayed here for a long time.",
  "kind.line_crossing.why_frame": "Somebody crossed the line.",
} as const;
