import { createKubeClient } from "@isthmus/kube";
import { type FakeApiServer, namespace, startFakeApiServer } from "@isthmus/testkit";
import { expect, onTestFinished, test } from "vitest";
import { LeaseElection } from "./leaseElection.ts";

async function managementCluster(): Promise<FakeApiServer> {
  const server = await startFakeApiServer();
  server.seed([namespace("isthmus-system", {})]);
  onTestFinished(() => server.stop());
  return server;
}

function candidate(server: FakeApiServer, identity: string) {
  const client = createKubeClient(
    { name: "hub", server: server.url, user: {} },
    { retry: { attempts: 1, firstPause: 1, longestPause: 1 } },
  );
  const stopping = new AbortController();
  const changes: boolean[] = [];
  const options = { name: "l", namespace: "isthmus-system", identity, duration: 1_500, interval: 50 };
  let isCutOff = false;
  // As of a server that does not answer.
  const silence = (signal?: AbortSignal) =>
    new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const reached: typeof client = {
    ...client,
    get: (kind, name, within, given) => (isCutOff ? silence(given?.signal) : client.get(kind, name, within, given)),
    apply: (kind, object, given) => (isCutOff ? silence(given?.signal) : client.apply(kind, object, given)),
  };
  const election = new LeaseElection(reached, options, (isHolder) => changes.push(isHolder));
  const running = election.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await running;
  };
  onTestFinished(async () => {
    await stop();
    await client.close();
  });
  const cutOff = () => {
    isCutOff = true;
  };
  return { election, changes, stop, cutOff };
}

const leaseIn = (server: FakeApiServer) =>
  server.stored("leases.coordination.k8s.io")[0]?.spec as Record<string, unknown>;

test("of several candidates one at most holds the Lease, and says so in it", async () => {
  const server = await managementCluster();
  const all = ["a", "b", "c"].map((identity) => candidate(server, identity));
  await expect.poll(() => all.filter(({ election }) => election.isHolder), { timeout: 5_000 }).toHaveLength(1);

  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(all.filter(({ election }) => election.isHolder).length).toBeLessThanOrEqual(1);
  }

  expect(leaseIn(server)).toMatchObject({ holderIdentity: expect.stringMatching(/^[abc]$/), leaseTransitions: 0 });
});

test("one that ends gives the Lease up, and the next one has it at once", async () => {
  const server = await managementCluster();
  const first = candidate(server, "a");
  await expect.poll(() => first.election.isHolder, { timeout: 5_000 }).toBe(true);
  const second = candidate(server, "b");

  const begun = performance.now();
  await first.stop();
  await expect.poll(() => second.election.isHolder, { interval: 5, timeout: 5_000 }).toBe(true);

  expect(performance.now() - begun).toBeLessThan(1_500);
  expect(first.election.isHolder).toBe(false);
  expect(leaseIn(server)).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
});

test("one that cannot renew knows it before another may have taken over", async () => {
  const server = await managementCluster();
  const first = candidate(server, "a");
  await expect.poll(() => first.election.isHolder, { timeout: 5_000 }).toBe(true);
  const second = candidate(server, "b");
  let both = 0;
  const watching = setInterval(() => {
    if (first.election.isHolder && second.election.isHolder) both += 1;
  }, 1);
  onTestFinished(() => clearInterval(watching));

  first.cutOff();
  await expect.poll(() => second.election.isHolder, { timeout: 10_000, interval: 1 }).toBe(true);

  expect(both).toBe(0);
  await expect.poll(() => first.changes, { timeout: 5_000 }).toEqual([true, false]);
});
