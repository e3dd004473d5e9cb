/** The JSON the API speaks. Names are the API's. */

export type State =
  | "new" | "acknowledged" | "dispatched" | "accepted" | "en_route" | "on_scene"
  | "declined" | "timed_out" | "escalated" | "closed";
export type Severity = "critical" | "high" | "medium" | "low";
export type Outcome = "real" | "false" | "duplicate" | "unclear";
export type Answer = "accept" | "decline" | "en_route" | "on_scene";

export interface Place {
  name: string;
  latitude: number;
  longitude: number;
}

export interface Alert {
  id: string;
  kind: string;
  severity: Severity;
  state: State;
  camera: string;
  place: Place | null;
  zone: string | null;
  why: string;
  /** `why` by language; absent in what was stored before there was one. */
  why_in?: Partial<Record<"en" | "kk" | "ru", string>>;
  score: number;
  snapshot: string | null;
  opened_at: string;
  updated_at: string;
  incident_count: number;
  happening: boolean;
  acknowledged_by: string | null;
  patrol: string | null;
  answer_by: string | null;
  attention_by: string | null;
  /** Loud: its patrol, or the search for one, has taken too long. */
  overdue_since: string | null;
  refused_by: string[];
  outcome: Outcome | null;
  /** Of a rule that is not believed: nobody is sent by itself. */
  review?: boolean;
  /** Every kind of its incidents; absent where the service is older, as are the next. */
  kinds?: string[];
  /** The silence that it is quiet by. */
  silenced_by?: string | null;
  /** Who has put it off until `quiet_until`. */
  shelved_by?: string | null;
  quiet_until?: string | null;
  quiet_why?: string;
  version: number;
}

export interface Step {
  at: string;
  action: string;
  before: State | null;
  after: State;
  actor: string;
  note: string;
  detail: Record<string, unknown>;
}

export interface Box {
  t_s: number;
  label: string;
  /** Fractions of the frame: left, top, right, bottom. */
  xyxy: [number, number, number, number];
  track: number;
  score?: number | null;
}

export type Point = [number, number];

/** A zone (closed) or a line, in fractions of the frame. */
export interface Outline {
  points: Point[];
  closed: boolean;
}

export interface TrackPath {
  track: number;
  /** Media time, and the foot's x and y in fractions of the frame. */
  points: [number, number, number][];
}

export interface LinkedIncident {
  incident: string;
  payload: {
    kind?: string;
    start_s?: number;
    started_at?: string;
    detected_at?: string;
    ended_at?: string | null;
    boxes?: Box[];
    why?: string;
    why_in?: Alert["why_in"];
    score?: number;
    paths?: TrackPath[];
    scores?: Record<string, number>;
    model?: { name: string; sha256: string };
    evidence?: { snapshot: string | null; clip: string | null } | null;
  };
  trace: Record<string, string>;
  outline?: Outline | null;
}

export interface AlertDetail {
  alert: Alert;
  steps: Step[];
  incidents: LinkedIncident[];
  trace: WayStage[];
  offers: Offer[];
  notifications: Notification[];
}

/** One stage of an alert's way. */
export interface WayStage {
  stage: string;
  at: string;
  /** Since the stage before it; null for the first, and where nobody can say. */
  took_s: number | null;
  uncertain: boolean;
}

export interface Offer {
  patrol: string;
  ended: "" | "accepted" | "declined" | "lapsed" | "withdrawn";
  /** Which of the notifications said it. */
  notification: string | null;
  way: WayStage[];
}

/** A notification over one channel. */
export interface Delivery {
  channel: string;
  created_at: string;
  tries: number;
  due: string | null;
  accepted_at: string | null;
  ended_at: string | null;
  outcome: string;
  error: string;
}

/** One thing said to one recipient, and how far it has come. */
export interface Notification {
  id: string;
  event: "offer" | "withdrawn" | "alert" | "alarm" | "test";
  recipient: string;
  name: string | null;
  attempt: number;
  created_at: string;
  accepted_at: string | null;
  delivered_at: string | null;
  seen_at: string | null;
  answered_at: string | null;
  moot_at: string | null;
  answer: "" | "accept" | "decline";
  /** Seconds since it was to be said; null: not yet, or nobody can say. */
  after_s: Record<"accepted" | "delivered" | "seen" | "answered", number | null>;
  deliveries: Delivery[];
}

export type Standing = "trusted" | "flagged" | "review";

/** How far one rule (a kind of incident in one zone of a camera) is believed. */
export interface Trust {
  camera: string;
  kind: string;
  /** null: the whole frame. */
  zone: string | null;
  severity: Severity;
  state: Standing;
  since: string | null;
  by: string;
  reason: string;
  real: number;
  false: number;
  unclear: number;
  precision: number | null;
  low: number;
  high: number;
  budget: number;
  proposes_restore: boolean;
  version: number;
}

/** One entry of a rule's account. */
export interface TrustChange {
  at: string;
  before: Standing;
  after: Standing;
  by: string;
  reason: string;
  detail: Record<string, unknown>;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface AlertPage extends Page<Alert> {
  last_event_seq: number;
}

export type WatchState = "live" | "connecting" | "waiting" | "failed" | "off" | "unwatched";

export type CoverageReason = "overload" | "late" | "audit" | "rule";

/** A rule that is not watched, because it fails. */
export interface FailingRule {
  kind: string;
  zone: string | null;
  since: string;
  failures: number;
  error: string;
}

export interface Watch {
  state: WatchState;
  reason: string | null;
  last_frame_at: string | null;
  analysed_fps: number | null;
  since: string | null;
  /** What follows is null while it is not known. */
  target_fps: number | null;
  decoding: "all" | "keys" | "substream" | null;
  substream_reason: string | null;
  looking: "full" | "regions" | "nothing" | null;
  whole_look_at: string | null;
  coverage: "full" | "degraded" | null;
  coverage_reason: CoverageReason | null;
  /** Absent where the service is older. */
  failing_rules?: FailingRule[];
}

/** A thing that rules do not see: it never moved and looks as it did. */
export interface Fixture {
  id: string;
  label: string;
  xyxy: Box["xyxy"];
  since: string | null;
  times: number;
  hidden_s: number;
}

/** A place that is watched whatever a camera has learnt, by a person's word. */
export interface WatchedPlace {
  id: string;
  label: string;
  xyxy: Box["xyxy"];
  at: string;
  by: string;
}

export interface Fixtures {
  items: Fixture[];
  watched: WatchedPlace[];
}

export interface Camera {
  id: string;
  name: string;
  latitude: number;
  longitude: number;
  enabled: boolean;
  watch: Watch;
}

/** A patrol as the stream sends it: flat. `toPatrol` brings the list's form to it. */
export interface Patrol {
  id: string;
  name: string;
  latitude: number | null;
  longitude: number | null;
  at: string | null;
  on_duty: boolean;
  busy_with: string | null;
  push: PushState;
  /** When a device last answered a test, or since when it fails. */
  push_at: string | null;
}

/** Whether a unit's device can be woken; verified: it has answered a test since the shift began. */
export type PushState = "verified" | "unverified" | "failing" | "none";

export interface Session {
  role: "operator" | "patrol" | "integrator" | "admin";
  name: string;
  patrol: string | null;
}

export interface Problem {
  title: string;
  status: number;
  detail?: string;
  /** The wrong values, each by its JSON pointer. */
  errors?: { pointer: string; detail: string }[];
}
