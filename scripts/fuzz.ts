import { fuzzObserved } from "../packages/testkit/src/index.ts";

// `npm run fuzz [-- WORLDS [SEED]]`: 20,000 worlds unless told. Exit code 1 where there is a fault; its seed with 1 world repeats it.
const [worlds = 20_000, seed = Date.now() % 2 ** 31] = process.argv.slice(2).map(Number);
const begin = performance.now();
const { faults, ...figures } = fuzzObserved({ seed, worlds, clock: () => performance.now() });
const buckets = new Map<string, (typeof faults)[number][]>();
for (const fault of faults) {
  const key = `${fault.step}: ${fault.what}`;
  buckets.set(key, [...(buckets.get(key) ?? []), fault]);
}
for (const [what, all] of [...buckets].sort((one, other) => other[1].length - one[1].length)) {
  console.log(`${all.length} x ${what} (seed ${all[0]?.seed})`);
}
console.log({ seed, ...figures, seconds: Math.round((performance.now() - begin) / 1000), faults: faults.length });
process.exitCode = faults.length > 0 ? 1 : 0;
