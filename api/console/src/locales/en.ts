/** The catalogue, in English: the other languages have exactly these keys. */

import { action } from "./en/action";
import { calm } from "./en/calm";
import { common } from "./en/common";
import { control } from "./en/control";
import { coverage } from "./en/coverage";
import { kind } from "./en/kind";
import { measured } from "./en/measured";
import { outcome } from "./en/outcome";
import { patrol } from "./en/patrol";
import { push } from "./en/push";
import { severity } from "./en/severity";
import { signin } from "./en/signin";
import { state } from "./en/state";
import { trust } from "./en/trust";
import { watch } from "./en/watch";
import { way } from "./en/way";

export const en = {
  ...common, ...signin, ...patrol, ...state, ...kind, ...severity, ...outcome, ...action, ...watch, ...trust, ...control,
  ...coverage, ...measured, ...calm, ...push, ...way,
};
