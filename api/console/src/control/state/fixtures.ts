/** Made-up alerts, patrols and cameras for tests. */

import type { Alert, Camera, Patrol, Step, Watch } from "../../types";

export const NOON = Date.parse("2026-11-24T12:00:00Z");

export function at(seconds: number): string {
  return new Date(NOON + seconds * 1000).toISOString();
}

export function alert(id: string, changes: Partial<Alert> = {}): Alert {
  return {
    id,
    kind: "intrusion",
    severity: "high",
    state: "new",
    camera: "lawn",
    place: { name: "Lawn", latitude: 60.17, longitude: 24.94 },
    zone: "grass",
    why: "A person inside grass for 1.0 s.",
    score: 0.8,
    snapshot: "one.jpg",
    opened_at: at(0),
    updated_at: at(0),
    incident_count: 1,
    happening: true,
    acknowledged_by: null,
    patrol: null,
    answer_by: null,
    attention_by: null,
    overdue_since: null,
    refused_by: [],
    outcome: null,
    review: false,
    why_in: {},
    version: 1,
    ...changes,
  };
}

export function patrol(id: string, changes: Partial<Patrol> = {}): Patrol {
  return {
    id,
    name: `Unit ${id}`,
    latitude: 60.171,
    longitude: 24.941,
    at: at(0),
    on_duty: true,
    busy_with: null,
    push: "verified",
    push_at: at(0),
    ...changes,
  };
}

export function camera(id: string, watch: Partial<Watch> = {}): Camera {
  return {
    id,
    name: id,
    latitude: 60.17,
    longitude: 24.94,
    enabled: true,
    watch: {
      state: "live",
      reason: null,
      last_frame_at: null,
      analysed_fps: 5,
      since: null,
      target_fps: null,
      decoding: null,
      substream_reason: null,
      looking: null,
      whole_look_at: null,
      coverage: null,
      coverage_reason: null,
      ...watch,
    },
  };
}

export function step(action: string, changes: Partial<Step> = {}): Step {
  return {
    at: at(0),
    action,
    before: "new",
    after: "dispatched",
    actor: "system:qalqan",
    note: "",
    detail: {},
    ...changes,
  };
}
