export type { ApplyEvent } from "./apply/applyEvent.ts";
export type { CallOptions, Observation, Target, WriteOptions } from "./target/target.ts";
