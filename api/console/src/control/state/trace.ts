/** The way of an incident from the camera to the store, in its times. */

export const STAGES = ["captured", "inferred", "raised", "spooled", "received", "stored"] as const;

export interface Stage {
  name: (typeof STAGES)[number];
  at: string;
  /** Milliseconds since the stage before; null for the first. */
  after_ms: number | null;
}

/** The times of an incident's way in their order. */
export function stages(trace: Readonly<Record<string, string>>): Stage[] {
  const present = STAGES.flatMap((name) => (trace[name] ? [{ name, at: trace[name] }] : []));
  return present.map((one, index) => {
    const before = present[index - 1];
    return { ...one, after_ms: before ? Date.parse(one.at) - Date.parse(before.at) : null };
  });
}
