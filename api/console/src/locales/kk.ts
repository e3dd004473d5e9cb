/** The catalogue in Kazakh. */

import { action } from "./kk/action";
import { calm } from "./kk/calm";
import { common } from "./kk/common";
import { control } from "./kk/control";
import { coverage } from "./kk/coverage";
import { kind } from "./kk/kind";
import { measured } from "./kk/measured";
import { outcome } from "./kk/outcome";
import { patrol } from "./kk/patrol";
import { push } from "./kk/push";
import { severity } from "./kk/severity";
import { signin } from "./kk/signin";
import { state } from "./kk/state";
import { trust } from "./kk/trust";
import { watch } from "./kk/watch";
import { way } from "./kk/way";

export const kk = {
  ...common, ...signin, ...patrol, ...state, ...kind, ...severity, ...outcome, ...action, ...watch, ...trust, ...control,
  ...coverage, ...measured, ...calm, ...push, ...way,
};
