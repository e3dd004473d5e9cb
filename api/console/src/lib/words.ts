/** What the service says in codes, in words of the current language. */

import type { Alert, Step, Watch } from "../types";
import { ApiError, NO_ANSWER } from "./api";
import { isKey, t, type Key } from "./i18n";
import { locale } from "./locale.svelte";

export function kindName(kind: string): string {
  const key = `kind.${kind}`;
  return isKey(key) ? t(key as "kind.other") : t("kind.other");
}

/** Why the alert was raised, one sentence with what was measured; of an older node, a general one. */
export function why(alert: Pick<Alert, "kind" | "zone" | "why" | "why_in">): string {
  const said = alert.why_in?.[locale.current];
  if (said) return said;
  if (locale.current === "en" && alert.why) return alert.why;
  const key = `kind.${alert.kind}.why`;
  if (!isKey(key)) return alert.why;
  return alert.zone
    ? t(key as "kind.intrusion.why", { zone: alert.zone })
    : t(`${key}_frame` as "kind.intrusion.why_frame");
}

export function actionName(action: Step["action"]): string {
  const key = `action.${action}`;
  return isKey(key) ? t(key as "action.raise") : action;
}

/** Why a camera is not watched; null while there is nothing to explain. */
export function watchReason(watch: Watch): string | null {
  if (watch.reason === null) return null;
  const key = `watch.reason.${watch.reason}`;
  return t(isKey(key) ? (key as "watch.reason.other") : "watch.reason.other");
}

const BY_STATUS: Readonly<Record<number, Key>> = {
  [NO_ANSWER]: "common.error.unreachable",
  401: "common.error.signed_out",
  403: "common.error.forbidden",
  404: "common.error.not_found",
  409: "common.error.conflict",
  412: "common.error.changed",
  422: "common.error.invalid",
  429: "common.error.too_many",
};

/** One line for a person. In English the service's own line, which knows more. */
export function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return t("common.error.service");
  if (locale.current === "en" && error.status !== NO_ANSWER && error.status < 500) return error.message;
  return t((BY_STATUS[error.status] ?? "common.error.service") as "common.error.service");
}
