import { makeProblem, say } from "@isthmus/core";
import type { RotationMove } from "@isthmus/core/rotation";
import { expect, test } from "vitest";
import { renderRotation, rotationNews, rotationProblems } from "./rotation.ts";
import { createStyle } from "./style.ts";

const style = createStyle(false);
const proxy = { namespace: "shop", pod: "web-1", workload: "Deployment shop/web", issuedAfter: 1 };
const waiting: RotationMove = {
  stage: "trust",
  steps: [],
  waits: [
    { for: "istiod", cluster: "west", pods: ["istiod-7"] },
    { for: "mounts", cluster: "east", until: Date.parse("2026-11-24T12:00:00Z") },
    {
      for: "proxies",
      cluster: "east",
      proxies: [
        { ...proxy, renewsBefore: Date.parse("2026-11-25T00:14:00Z") },
        { ...proxy, pod: "web-2", renewsBefore: Date.parse("2026-11-24T18:00:00Z") },
      ],
      of: 5,
    },
  ],
};
const position = (move: RotationMove) => ({ type: "position", move, clusters: [] }) as const;

test("what is waited for is said when it changes, and how to hurry it once a stage", () => {
  const news = rotationNews(style);

  const said = [
    news(position(waiting)),
    news(position(waiting)),
    news(position({ ...waiting, waits: waiting.waits.slice(2) })),
    news(position({ ...waiting, waits: [{ for: "proxies", cluster: "east", proxies: [proxy], of: 5 }] })),
    news({ type: "step", step: { do: "sign", cluster: "east" } }),
  ];

  expect(said).toEqual([
    "Stage 1 of 3, trust: every proxy learns to trust the new root beside the old\n" +
      "  west: waiting for istiod-7 to take over what Secret cacerts holds\n" +
      "  east: waiting until 2026-11-24T12:00:00Z for pods' mounted roots\n" +
      "  east: waiting for 2 of 5 proxies to get new certificates\n" +
      "  They do so by themselves by 2026-11-25T00:14:00Z, and at once when restarted:\n" +
      "    kubectl --context east -n shop rollout restart deployment/web\n",
    "",
    "",
    "  east: waiting for 1 of 5 proxies to get new certificates\n",
    "  ✔ east: Secret cacerts has a new intermediate\n",
  ]);
});

test("a cluster that cannot be read for a while is said once", () => {
  const news = rotationNews(style);
  const problem = makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster: "east" },
    message: say`cluster east: no answer`,
    hint: "",
  });

  const said = [news({ type: "blind", problem }), news({ type: "blind", problem })];

  expect(said).toEqual(["  cluster east: no answer: waiting until it can be read\n", ""]);
});

test("a stand is a table, and not done is a problem", () => {
  const trust = {
    ...{ cluster: "east", signer: "a".repeat(64), roots: ["b".repeat(64), "a".repeat(64)] },
    ...{ hasRoots: true, hasSigner: true, rootsSince: 0, signerSince: 0, behind: [], proxies: [proxy] },
  };
  const seen = { trust, notes: {}, pems: new Map(), isMultiRoot: true };
  const secret = { isOurs: true, annotations: {}, uid: "", resourceVersion: "", foreignKeys: [] };
  const target = { root: "", subject: "CN=mesh root CA", signer: () => Promise.reject(new Error("not asked for")) };
  const done: RotationMove = { stage: "done", steps: [], waits: [] };

  const text = renderRotation({ target, move: done, clusters: [{ ...seen, secret }] }, style);

  expect(text).toBe(
    "CN=mesh root CA\ndone: every proxy has a certificate of this root, and trusts no other\n\n" +
      "CLUSTER   SIGNS WITH     TRUSTS         PROXIES\n" +
      "east      aaaaaaaaaaaa   bbbbbbbbbbbb   1\n" +
      "                         aaaaaaaaaaaa\n",
  );
  expect(rotationProblems(done)).toEqual([]);
  expect(rotationProblems(waiting)).toMatchObject([{ code: "ROTATION_WAITS", at: "west, east" }]);
});
