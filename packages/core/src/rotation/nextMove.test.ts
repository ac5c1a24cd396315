import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClusterTrust } from "./clusterTrust.ts";
import { nextMove, type RotationMove } from "./nextMove.ts";

const goal = { target: "B", now: 1000, mountDelay: 120 };

function cluster(name: string, facts: Partial<ClusterTrust> = {}): ClusterTrust {
  const known = { hasRoots: true, hasSigner: true, rootsSince: 0, signerSince: 0, behind: [], proxies: [] };
  return { cluster: name, roots: ["A"], signer: "A", ...known, ...facts };
}

function proxy(pod: string, issuedAfter: number) {
  return { namespace: "shop", pod, workload: `Deployment shop/${pod}`, issuedAfter };
}

test("all clusters learn to trust the new root first, beside the old one", () => {
  const move = nextMove([cluster("east"), cluster("west")], goal);

  expect(move).toEqual({
    stage: "trust",
    steps: [
      { do: "trust", cluster: "east", roots: ["B", "A"] },
      { do: "trust", cluster: "west", roots: ["B", "A"] },
    ],
    waits: [],
  } satisfies RotationMove);
});

test("that every istiod has the bundle is noted, since certificates issued before it lack the new root", () => {
  const east = cluster("east", { roots: ["B", "A"], hasRoots: true, proxies: [proxy("web", 500)] });
  const { rootsSince: _unseen, ...unseen } = east;

  const move = nextMove([unseen], goal);

  expect(move).toEqual({
    stage: "trust",
    steps: [{ do: "note", cluster: "east", what: "roots" }],
    waits: [
      { for: "proxies", cluster: "east", proxies: [proxy("web", 500)], of: 1 },
      { for: "mounts", cluster: "east", until: 1120 },
    ],
  } satisfies RotationMove);
});

test("nobody signs with the new root while a proxy of any cluster may not trust it", () => {
  const roots = ["B", "A"];
  const east = cluster("east", { roots, rootsSince: 700, proxies: [proxy("web", 800)] });
  const west = cluster("west", { roots, rootsSince: 700, proxies: [proxy("old", 699), proxy("new", 701)] });

  const move = nextMove([east, west], goal);

  expect(move).toEqual({
    stage: "trust",
    steps: [],
    waits: [{ for: "proxies", cluster: "west", proxies: [proxy("old", 699)], of: 2 }],
  } satisfies RotationMove);
});

test("clusters change their signer one after the other, each once the istiods of the one before have it", () => {
  const both = { roots: ["B", "A"], rootsSince: 700 };
  const { signerSince: _unknown, ...switching } = cluster("east", { ...both, signer: "B", hasSigner: false });
  const west = cluster("west", both);

  const first = nextMove([cluster("east", both), west], goal);
  const second = nextMove([{ ...switching, behind: ["istiod-2"] }, west], goal);
  const third = nextMove([cluster("east", { ...both, signer: "B", signerSince: 900 }), west], goal);

  expect(first).toEqual({ stage: "sign", steps: [{ do: "sign", cluster: "east" }], waits: [] });
  expect(second.waits).toEqual([{ for: "istiod", cluster: "east", pods: ["istiod-2"] }]);
  expect(third.steps).toEqual([{ do: "sign", cluster: "west" }]);
});

test("the old root is dropped once no proxy can have a certificate of it", () => {
  const signed = { roots: ["B", "A"], rootsSince: 700, signer: "B", signerSince: 900 };
  const east = cluster("east", { ...signed, proxies: [proxy("web", 901)] });

  const early = nextMove([east, cluster("west", { ...signed, proxies: [proxy("db", 899)] })], goal);
  const late = nextMove([east, cluster("west", { ...signed, proxies: [proxy("db", 902)] })], goal);

  expect(early).toMatchObject({ stage: "sign", steps: [], waits: [{ cluster: "west", of: 1 }] });
  expect(late).toEqual({
    stage: "forget",
    steps: [
      { do: "trust", cluster: "east", roots: ["B"] },
      { do: "trust", cluster: "west", roots: ["B"] },
    ],
    waits: [],
  });
});

test("it is done when no proxy trusts the old root any more", () => {
  const done = { roots: ["B"], signer: "B", signerSince: 900, rootsSince: 950 };

  const move = (issuedAfter: number) =>
    nextMove([cluster("east", { ...done, proxies: [proxy("web", issuedAfter)] })], goal);

  expect(move(940)).toMatchObject({ stage: "forget", waits: [{ for: "proxies" }] });
  expect(move(960)).toEqual({ stage: "done", steps: [], waits: [] });
});

test("a mesh that has the root already has nothing to do", () => {
  const move = nextMove([cluster("east", { proxies: [proxy("web", 5)] })], { ...goal, target: "A" });

  expect(move).toEqual({ stage: "done", steps: [], waits: [] });
});

test("roots that are declared beside the signer's own stay where they are trusted", () => {
  const signed = { signer: "B", signerSince: 900, rootsSince: 800 };
  const clusters = [
    cluster("east", { ...signed, roots: ["B", "A", "K"] }),
    cluster("west", { ...signed, roots: ["B", "K"] }),
  ];

  const move = nextMove(clusters, { ...goal, keep: ["K", "L"] });

  expect(move.steps).toEqual([{ do: "trust", cluster: "east", roots: ["B", "K"] }]);
});

test("going back before anyone signs with the new root only takes it out of the bundles", () => {
  const half = [cluster("east", { roots: ["B", "A"], rootsSince: 700 }), cluster("west")];

  const move = nextMove(half, { ...goal, target: "A" });

  expect(move).toEqual({ stage: "forget", steps: [{ do: "trust", cluster: "east", roots: ["A"] }], waits: [] });
});

/** A mesh with two istiods and two proxies a cluster, each of which takes things over when it likes. */
class Simulation {
  time = 1;
  readonly clusters = ["east", "west", "north"].map((name) => ({
    name,
    secret: { roots: ["A"], signer: "A" },
    istiods: [0, 1].map(() => ({ roots: ["A"], signer: "A" })),
    proxies: [0, 1].map(() => ({ trusts: ["A"], root: "A", issuedAt: 1 })),
    rootsSince: 0 as number | undefined,
    signerSince: 0 as number | undefined,
  }));

  observe(): readonly ClusterTrust[] {
    return this.clusters.map(({ name, secret, istiods, proxies, rootsSince, signerSince }) => ({
      cluster: name,
      ...secret,
      hasRoots: istiods.every(({ roots }) => roots.join() === secret.roots.join()),
      hasSigner: istiods.every(({ signer }) => signer === secret.signer),
      ...(rootsSince !== undefined && { rootsSince }),
      ...(signerSince !== undefined && { signerSince }),
      behind: [],
      proxies: proxies.map(({ issuedAt }, index) => proxy(`p${index}`, issuedAt)),
    }));
  }

  /** Takes at most `limit` steps, then "crashes". */
  rotate(target: string, limit: number): RotationMove {
    const move = nextMove(this.observe(), { target, now: this.time, mountDelay: 1 });
    for (const step of move.steps.slice(0, limit)) {
      const cluster = this.clusters.find(({ name }) => name === step.cluster);
      if (cluster === undefined) continue;
      if (step.do === "trust")
        Object.assign(cluster, { secret: { ...cluster.secret, roots: step.roots }, rootsSince: undefined });
      if (step.do === "sign")
        Object.assign(cluster, { secret: { ...cluster.secret, signer: target }, signerSince: undefined });
      if (step.do === "note") cluster[step.what === "roots" ? "rootsSince" : "signerSince"] = this.time;
    }
    return move;
  }

  sync(cluster: number, istiod: number): void {
    const { secret, istiods } = this.at(cluster);
    const old = istiods[istiod]?.roots ?? [];
    const isTakenOver =
      old.every((root) => secret.roots.includes(root)) || secret.roots.every((root) => old.includes(root));
    if (!isTakenOver) throw new Error(`istiod would refuse ${secret.roots} after ${old}`);
    istiods[istiod] = { roots: [...secret.roots], signer: secret.signer };
  }

  renew(cluster: number, proxy: number, istiod: number): void {
    const { istiods, proxies } = this.at(cluster);
    const { roots, signer } = istiods[istiod] ?? { roots: [], signer: "" };
    proxies[proxy] = { trusts: roots, root: signer, issuedAt: this.time };
  }

  /** Some istiods take the Secret over and some proxies renew, as the bits say. */
  live({
    syncs,
    renewals,
    istiod,
  }: {
    readonly syncs: number;
    readonly renewals: number;
    readonly istiod: number;
  }): void {
    pairs.forEach(({ cluster, index }, bit) => {
      this.time += 1;
      if ((syncs & (1 << bit)) !== 0) this.sync(cluster, index);
      if ((renewals & (1 << bit)) !== 0) this.renew(cluster, index, istiod);
      this.check();
    });
    this.time += 1;
  }

  /** Throws where a proxy refuses another's certificate. */
  check(): void {
    const all = this.clusters.flatMap(({ proxies }) => proxies);
    for (const { trusts } of all) {
      for (const { root } of all) if (!trusts.includes(root)) throw new Error(`who trusts ${trusts} refuses ${root}`);
    }
  }

  private at(index: number) {
    const cluster = this.clusters[index];
    if (cluster === undefined) throw new Error(`no cluster ${index}`);
    return cluster;
  }
}

const pairs = [0, 1, 2].flatMap((cluster) => [0, 1].map((index) => ({ cluster, index })));
const everyPair = 2 ** pairs.length - 1;
const bits = fc.integer({ min: 0, max: everyPair });
const round = fc.record({
  /** How many steps are taken before the program is killed. */
  limit: fc.integer({ min: 0, max: 4 }),
  syncs: bits,
  renewals: bits,
  istiod: fc.integer({ min: 0, max: 1 }),
  target: fc.option(fc.constantFrom("A", "B", "C"), { freq: 8, nil: undefined }),
});

test("no proxy ever refuses another's certificate, wherever it is interrupted or turned back, and it always gets there", () => {
  fc.assert(
    fc.property(fc.array(round, { maxLength: 40 }), (rounds) => {
      const mesh = new Simulation();
      let target = "B";
      for (const each of rounds) {
        target = each.target ?? target;
        mesh.rotate(target, each.limit);
        mesh.live(each);
      }
      let left = 40;
      while (mesh.rotate(target, 9).stage !== "done") {
        if (left-- === 0) throw new Error("it never gets there");
        mesh.live({ syncs: everyPair, renewals: everyPair, istiod: 0 });
      }

      const proxies = mesh.clusters.flatMap((each) => each.proxies.map(({ trusts, root }) => ({ trusts, root })));
      expect(proxies).toEqual(proxies.map(() => ({ trusts: [target], root: target })));
    }),
    { numRuns: 300 },
  );
});
