import { setFlagsFromString } from "node:v8";

/**
 * Has V8 optimize only what runs four times as long as it waits for by default. Node 20's takes so many of our functions for hot that a plan of
 * 2,000 services spends almost half of its CPU time on code that hardly pays for itself, and has to throw some of it away. And it does
 * without an optimized parser of HTTP, whose one great function (WebAssembly, of undici) takes as long to optimize as all modules to load.
 * Later ones have a middle tier, wait much longer by themselves, and do not know all of these flags.
 */
export function optimizeLater(): void {
  if (!process.versions.v8.startsWith("11.")) return;
  setFlagsFromString("--interrupt-budget=270000");
  setFlagsFromString("--wasm-tiering-budget=1000000000");
}
