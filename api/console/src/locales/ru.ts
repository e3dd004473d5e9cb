/** The catalogue in Russian. */

import { action } from "./ru/action";
import { calm } from "./ru/calm";
import { common } from "./ru/common";
import { control } from "./ru/control";
import { coverage } from "./ru/coverage";
import { kind } from "./ru/kind";
import { measured } from "./ru/measured";
import { outcome } from "./ru/outcome";
import { patrol } from "./ru/patrol";
import { push } from "./ru/push";
import { severity } from "./ru/severity";
import { signin } from "./ru/signin";
import { state } from "./ru/state";
import { trust } from "./ru/trust";
import { watch } from "./ru/watch";
import { way } from "./ru/way";

export const ru = {
  ...common, ...signin, ...patrol, ...state, ...kind, ...severity, ...outcome, ...action, ...watch, ...trust, ...control,
  ...coverage, ...measured, ...calm, ...push, ...way,
};
