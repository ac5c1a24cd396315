import { MeshError, say } from "@isthmus/core";
import { createKubeClient } from "@isthmus/kube";
import { type Authority, fingerprintOf, inspectBundle, splitPem } from "@isthmus/pki";
import { startFakeApiServer } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type RotateRootOptions, rotateRoot } from "./rotateRoot.ts";
import { FakeCluster, issuer, namespace, now, rootNamed } from "./testing/fakeCluster.ts";

const roots = Promise.all([rootNamed("old"), rootNamed("new")]);

/** Options under which every pause lets istiods catch up and proxies renew. */
async function goal(clusters: readonly FakeCluster[], target: Authority, rest: Partial<RotateRootOptions> = {}) {
  let time = now;
  const steps: string[] = [];
  const options: RotateRootOptions = {
    target: target.certificate,
    issue: issuer(target),
    wait: true,
    adopt: true,
    mountDelay: 120_000,
    now: () => time,
    pause: async () => {
      time += 60_000;
      for (const cluster of clusters) {
        cluster.sync();
        cluster.time = time;
        cluster.proxySince = time;
      }
    },
    onEvent: (event) => {
      if (event.type === "step") steps.push(`${event.step.do} ${event.step.cluster}`);
    },
    ...rest,
  };
  return { options, steps };
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "done",
    (error: unknown) => (error instanceof MeshError ? error.code : error),
  );
}

test("two clusters go from one root to another, and only signing takes a key", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  await using west = await FakeCluster.start(await startFakeApiServer(), "west", old);
  const clusters = [east, west];
  let keyAtTrust = "";
  const { options, steps } = await goal(clusters, next);
  const issue = async (cluster: string) => {
    keyAtTrust ||= east.secret()["ca-key.pem"] ?? "";
    return options.issue(cluster);
  };

  const { move } = await rotateRoot(
    clusters.map(({ at }) => at),
    { ...options, issue },
  );

  expect(move.stage).toBe("done");
  expect(steps).toEqual([
    ...["trust east", "trust west", "note east", "note west"],
    ...["sign east", "note east", "sign west", "note west"],
    ...["trust east", "trust west", "note east", "note west"],
  ]);
  expect(keyAtTrust).toBe("a key");
  for (const cluster of clusters) {
    const { "root-cert.pem": bundle = "", "ca-cert.pem": signer = "", "ca-key.pem": key } = cluster.secret();
    expect(splitPem(bundle).map(fingerprintOf)).toEqual([fingerprintOf(next.certificate)]);
    expect(inspectBundle(signer)[0]?.issuer).toBe(inspectBundle(next.certificate)[0]?.subject);
    expect(key).toContain("PRIVATE KEY");
  }
});

test("no answer of the API server holds a Secret's content, and no event tells of it", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  const told: unknown[] = [];
  const { client } = east.at;
  const listening: typeof client = {
    ...client,
    get: async (...call) => {
      const object = await client.get(...call);
      if (object?.kind === "Secret") told.push(object);
      return object;
    },
    apply: async (...call) => {
      const applied = await client.apply(...call);
      told.push(applied);
      return applied;
    },
  };
  const { options } = await goal([east], next, { onEvent: (event) => told.push(event) });

  await rotateRoot([{ ...east.at, client: listening }], options);

  expect(told.length).toBeGreaterThan(20);
  expect(JSON.stringify(told)).not.toMatch(/PRIVATE|ca-key\.pem":"|"data"/);
});

test("a cluster that is out of reach, not ours, without istiod's switch or without a CA keeps everything as it is", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  await using off = await FakeCluster.start(await startFakeApiServer(), "off", old, false);
  await using bare = await FakeCluster.start(await startFakeApiServer(), "bare", old);
  const gone = createKubeClient({ name: "gone", server: "http://127.0.0.1:1", user: {} }, { retry: { attempts: 1 } });
  const { options } = await goal([east, off, bare], next);

  const codes = [
    await codeOf(rotateRoot([east.at, { ...east.at, cluster: "gone", client: gone }], options)),
    await codeOf(rotateRoot([east.at], { ...options, adopt: false })),
    await codeOf(rotateRoot([east.at, off.at], options)),
    await codeOf(rotateRoot([east.at, { ...bare.at, istioNamespace: "shop" }], options)),
  ];

  expect(codes).toEqual(["CLUSTER_UNREACHABLE", "OBJECT_NOT_OURS", "MULTIROOT_OFF", "CACERTS_MISSING"]);
  expect(east.server.writes).toEqual([]);
  await gone.close();
});

test("a signer of another root is found out before anything of it is written", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  const { options, steps } = await goal([east], next, { issue: issuer(old) });

  const code = await codeOf(rotateRoot([east.at], options));

  expect(code).toBe("CA_SIGNER_MISMATCH");
  expect(steps).toEqual(["trust east", "note east"]);
});

test("of several roots that others wrote nobody can tell which one signs", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  const data = { "root-cert.pem": old.certificate + next.certificate };
  const published = { name: "istio-ca-root-cert", namespace };
  east.server.seed([{ apiVersion: "v1", kind: "ConfigMap", metadata: published, data }]);
  const { options } = await goal([east], next);

  expect(await codeOf(rotateRoot([east.at], options))).toBe("CA_SIGNER_UNKNOWN");
});

test("a cluster that is away for a moment is waited for, once all clusters were seen", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  const { client } = east.at;
  let lists = 0;
  const shaky: typeof client = {
    ...client,
    list: async (...call) => {
      lists += 1;
      if (lists !== 3) return client.list(...call);
      throw new MeshError({ code: "CLUSTER_UNREACHABLE", at: { cluster: "east" }, message: say`away`, hint: "" });
    },
  };
  const blind: string[] = [];
  const onEvent: RotateRootOptions["onEvent"] = (event) => {
    if (event.type === "blind") blind.push(event.problem.code);
  };
  const { options } = await goal([east], next, { onEvent });

  const { move } = await rotateRoot([{ ...east.at, client: shaky }], options);

  expect(blind).toEqual(["CLUSTER_UNREACHABLE"]);
  expect(move.stage).toBe("done");
});

test("without waiting it returns where waiting begins, and a second run goes on from there", async () => {
  const [old, next] = await roots;
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", old);
  const first = await goal([east], next, { wait: false });
  const second = await goal([east], next);

  const { move } = await rotateRoot([east.at], first.options);
  const { move: end } = await rotateRoot([east.at], second.options);

  expect(move).toMatchObject({ stage: "trust", waits: [{ for: "istiod", pods: ["istiod-1"] }] });
  expect(first.steps).toEqual(["trust east"]);
  expect(second.steps[0]).toBe("note east");
  expect(end.stage).toBe("done");
});
