import type { ApiState } from "./objectOperations.ts";
import { ObjectStore } from "./objectStore.ts";

/** An empty store. What it hands out (uids, addresses, node ports) is counted up: tests see the same each time. */
export function createApiState(): ApiState {
  const uids = counter(1);
  const addresses = counter(1);
  const nodePorts = counter(30_000);
  return {
    store: new ObjectStore(),
    time: () => new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    uid: () => `00000000-0000-4000-8000-${String(uids()).padStart(12, "0")}`,
    allocator: {
      clusterIp: () => {
        const address = addresses();
        return `10.96.${address >> 8}.${address & 255}`;
      },
      nodePort: nodePorts,
    },
  };
}

function counter(first: number): () => number {
  let next = first;
  return () => {
    next += 1;
    return next - 1;
  };
}
