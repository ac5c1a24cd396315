export { type ControllerOptions, type ControllerTiming, runController } from "./controller.ts";
