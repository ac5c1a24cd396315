import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@isthmus/kube";
import { apiServerConformance } from "@isthmus/testkit/conformance";
import { afterAll, beforeAll } from "vitest";
import { type Lab, startControlPlanes } from "../src/index.ts";

let home: string;
let lab: Lab;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "isthmus-conformance-"));
  lab = await startControlPlanes({ home, clusters: 1 });
});

afterAll(async () => {
  await lab?.down();
  await rm(home, { recursive: true, force: true });
});

// What npm test runs over the fake API server, over a real one.
apiServerConformance({
  connect: (options) => connect({ kubeconfigPath: lab.kubeconfig, context: "cluster1", ...options }),
});
