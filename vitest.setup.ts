import fc from "fast-check";
import { afterEach, expect } from "vitest";

/** The same cases in every run, so that a failure stays until it is fixed; `FC_SEED=$RANDOM npm test` looks for others. */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261124) });

/**
 * What Node warns of (listeners that pile up, a promise refused and never looked at) is a fault of ours. Files of one worker share the process,
 * and each loads this file: one listener, kept there.
 */
const kept = globalThis as { nodeWarnings?: string[] };
if (kept.nodeWarnings === undefined) {
  const warnings: string[] = [];
  kept.nodeWarnings = warnings;
  process.on("warning", ({ name, message, stack = "" }) => {
    // SQLite, import assertions …: what is experimental in Node is not a fault.
    if (name !== "ExperimentalWarning") warnings.push(`${name}: ${message}\n${stack}`);
  });
}

afterEach(() => {
  expect(kept.nodeWarnings?.splice(0)).toEqual([]);
});
