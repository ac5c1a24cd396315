import { MeshError } from "@isthmus/core";
import { inspectBundle } from "@isthmus/pki";
import { startFakeApiServer } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { type RenewOptions, renewIntermediates } from "./renewIntermediates.ts";
import { FakeCluster, issuer, now, rootNamed } from "./testing/fakeCluster.ts";

const root = rootNamed("root");
const year = 365 * 24 * 3_600_000;

/** Options at a time, under which every pause lets istiods catch up. */
async function at(time: number, clusters: readonly FakeCluster[], rest: Partial<RenewOptions> = {}) {
  const log: string[] = [];
  const options: RenewOptions = {
    issue: issuer(await root, time),
    wait: true,
    adopt: true,
    mountDelay: 0,
    now: () => time,
    pause: async () => {
      log.push("pause");
      for (const cluster of clusters) cluster.sync();
    },
    onEvent: (event) => {
      if (event.type === "renewed") log.push(`renewed ${event.cluster}`);
    },
    ...rest,
  };
  return { options, log };
}

test("intermediates that nothing is known of are renewed one after the other, and only once", async () => {
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", await root);
  await using west = await FakeCluster.start(await startFakeApiServer(), "west", await root);
  const clusters = [east, west];
  const { options, log } = await at(now, clusters);
  const places = clusters.map((cluster) => cluster.at);

  const statuses = await renewIntermediates(places, options);
  const again = await renewIntermediates(places, { ...options, all: true });

  expect(log).toEqual(["renewed east", "pause", "renewed west", "pause"]);
  expect(statuses.map(({ cluster, state }) => `${cluster} ${state}`)).toEqual(["east fresh", "west fresh"]);
  expect(again).toEqual(statuses);
});

test("one is due when two thirds of its life are over, or when all are asked for; its root stays", async () => {
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", await root);
  const first = await at(now, [east]);
  await renewIntermediates([east.at], first.options);
  const early = await at(now + year, [east]);
  const late = await at(now + 1.5 * year, [east]);

  await renewIntermediates([east.at], early.options);
  await renewIntermediates([east.at], { ...early.options, all: true });
  await renewIntermediates([east.at], late.options);
  const due = await renewIntermediates([east.at], { ...(await at(now + 2.9 * year, [east])).options, readOnly: true });

  expect([early.log, late.log]).toEqual([["renewed east", "pause"], []]);
  expect(due).toMatchObject([{ cluster: "east", state: "due", behind: [] }]);
  expect(inspectBundle(east.secret()["root-cert.pem"] ?? "").map(({ pem }) => pem)).toEqual([(await root).certificate]);
});

test("a signer of another root is not a renewal, and writes nothing", async () => {
  await using east = await FakeCluster.start(await startFakeApiServer(), "east", await root);
  const { options } = await at(now, [east], { issue: issuer(await rootNamed("other")) });

  const failure = await renewIntermediates([east.at], options).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(MeshError);
  expect(failure).toMatchObject({ code: "CA_SIGNER_MISMATCH" });
  expect(east.server.writes).toEqual([]);
});
