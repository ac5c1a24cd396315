import { answerModes } from "./answerModes.ts";
import { changeModes, writeModes } from "./changeModes.ts";
import { connectModes } from "./connectModes.ts";
import type { HostileMode } from "./hostileMode.ts";
import { listModes } from "./listModes.ts";
import { pluginModes } from "./pluginModes.ts";

export const hostileModes: readonly HostileMode[] = [
  ...answerModes,
  ...connectModes,
  ...listModes,
  ...changeModes,
  ...writeModes,
  ...pluginModes,
];
