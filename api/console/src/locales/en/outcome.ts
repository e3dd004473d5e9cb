export const outcome = {
  "outcome.real": "Confirmed",
  "outcome.false": "False alarm",
  "outcome.duplicate": "Duplicate",
  "outcome.unclear": "Unclear",
} as const;
