import { makeProblem, say } from "@isthmus/core";
import { meshCluster } from "@isthmus/testkit";
import { expect, test } from "vitest";
import { pasteableHints, pasteableText } from "./pasteableHints.ts";

const clusters = [
  meshCluster("c1", { access: { context: "kind-c1" } }),
  meshCluster("c2", { access: { kubeconfig: { path: "/home/me/c2" } } }),
  meshCluster("c4", { access: { kubeconfig: { path: "/home/me/o'neil/c 4" }, context: "eu $(west)" } }),
  meshCluster("c3", { access: { directory: "clusters/c3" } }),
];

test.each([
  [
    "kubectl --context c1 create namespace foo, or correct the name",
    "kubectl --context kind-c1 create namespace foo, or correct the name",
  ],
  [
    "look at `kubectl --context c1 -n a get services`, or correct it",
    "look at `kubectl --context kind-c1 -n a get services`, or correct it",
  ],
  ["kubectl --context c2 get pods -A", "kubectl --kubeconfig /home/me/c2 get pods -A"],
  [
    "kubectl --context c3 create namespace foo, or correct the name",
    "add a manifest of namespace foo to clusters/c3, or correct the name",
  ],
  [
    "label it: kubectl --context c3 label namespace foo istio-injection=enabled, then restart its workloads",
    "label it: set the label istio-injection=enabled on namespace foo in clusters/c3, then restart its workloads",
  ],
  ["istioctl --context c3 proxy-status", "look into the manifests in clusters/c3"],
  ["kubectl --context elsewhere get pods", "kubectl --context elsewhere get pods"],
  ["correct the name", "correct the name"],
  ["kubectl --context c4 get pods", "kubectl --kubeconfig '/home/me/o'\\''neil/c 4' --context 'eu $(west)' get pods"],
])("%s", (hint, told) => {
  const problem = makeProblem({ code: "SERVICE_MISSING", at: {}, message: say`it is missing`, hint });

  expect(pasteableHints([problem], clusters)).toEqual([{ ...problem, hint: told }]);
});

test("a command without a context gets that of the cluster that the problem is in", () => {
  const problem = makeProblem({
    ...{ code: "SERVICE_MISSING", at: { cluster: "c1" }, message: say`it is missing` },
    hint: "kubectl describe pod -n istio-system -l a=b tells why",
  });

  expect(pasteableHints([problem], clusters)[0]?.hint).toBe(
    "kubectl --context kind-c1 describe pod -n istio-system -l a=b tells why",
  );
});

test("a command in a text of several lines ends with its line", () => {
  const text = "Restart:\n  kubectl --context c1 -n a rollout restart deployment/b\nand wait.\n";

  expect(pasteableText(text, clusters)).toBe(text.replace("c1", "kind-c1"));
});
