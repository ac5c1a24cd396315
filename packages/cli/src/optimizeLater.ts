import { setFlagsFromString } from "node:v8";

/**
 * Has V8 optimize only what runs four times as long as it waits for by default. Node 20's takes so many of our functions for hot that a plan of
 * 2,000 services spends almost half of its CPU time on code that hardly pays for itself, and has to throw some of it away. Later ones have
 * a middle tier, wait much longer by themselves, and do not know this flag.
 */
export function optimizeLater(): void {
  if (process.versions.v8.startsWith("11.")) setFlagsFromString("--interrupt-budget=270000");
}
