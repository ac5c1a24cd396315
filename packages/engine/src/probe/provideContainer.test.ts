import type { KubeObject } from "@isthmus/core";
import { type EphemeralContainer, KubeError } from "@isthmus/kube";
import { expect, test } from "vitest";
import { type ContainerWish, provideContainer } from "./provideContainer.ts";

const at = { namespace: "foo", pod: "sleep-1" };
const image = "curlimages/curl:8.11.1";

interface Listed {
  readonly name: string;
  readonly image: string;
  readonly state?: object;
}

/** A pod, and what its kubelet makes of a container that is added: the states that it goes through, one a look. */
function podOf(listed: readonly Listed[], becomes: readonly object[] | KubeError = [{ running: {} }]) {
  const containers = [...listed];
  const added: EphemeralContainer[] = [];
  let looks = 0;
  const client: ContainerWish["client"] = {
    list: async (): Promise<readonly KubeObject[]> => {
      const states = Array.isArray(becomes) ? becomes : [];
      const fresh = added.map(({ name, image: of }) => ({ name, image: of, state: states[looks++] ?? states.at(-1) }));
      const all = [...containers, ...fresh];
      const pod = {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: at.pod, namespace: at.namespace } },
        spec: {
          containers: [{ name: "app" }],
          ephemeralContainers: all.map(({ name, image: of }) => ({ name, image: of })),
        },
        status: { ephemeralContainerStatuses: all.map(({ name, state }) => ({ name, ...(state && { state }) })) },
      };
      return [pod];
    },
    addEphemeralContainer: async (_pod, container) => {
      if (becomes instanceof KubeError) throw becomes;
      added.push(container);
    },
  };
  return { added, provide: (patience = 5000) => provideContainer(at, { client, image, patience }) };
}

test("a container is added, under a user that the sidecar captures and within what the strictest standard allows", async () => {
  const { added, provide } = podOf([], [{ waiting: { reason: "ContainerCreating" } }, { running: {} }]);

  expect(await provide()).toEqual({ name: "isthmus-probe", added: true });
  expect(added).toEqual([
    {
      name: "isthmus-probe",
      image,
      command: ["sleep", "3600"],
      securityContext: {
        runAsUser: 65_532,
        runAsGroup: 65_532,
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
  ]);
});

test("one that an earlier run added and that still runs is used again", async () => {
  const { added, provide } = podOf([{ name: "isthmus-probe", image, state: { running: {} } }]);

  expect(await provide()).toEqual({ name: "isthmus-probe", added: false });
  expect(added).toEqual([]);
});

test.each([
  ["one that has ended", { name: "isthmus-probe", image, state: { terminated: { reason: "Completed" } } }],
  ["one of another image", { name: "isthmus-probe", image: "busybox", state: { running: {} } }],
])("beside %s comes another, under a name of its own", async (_what, earlier) => {
  const { provide } = podOf([earlier, { name: "debugger-x", image, state: { running: {} } }]);

  expect(await provide()).toEqual({ name: "isthmus-probe-2", added: true });
});

test.each([
  [
    "cannot be pulled",
    [{ waiting: { reason: "ErrImagePull", message: "not found" } }],
    "container isthmus-probe of foo/sleep-1 does not start: ErrImagePull: not found",
  ],
  [
    "has no sleep",
    [{ terminated: { reason: "StartError", message: 'exec: "sleep": not found' } }],
    'container isthmus-probe of foo/sleep-1 ended at once: StartError: exec: "sleep": not found',
  ],
  [
    "nobody starts",
    [{}],
    "container isthmus-probe of foo/sleep-1 does not run after 0.001 s: its kubelet says nothing of it",
  ],
] as const)("an image that %s is told with the kubelet's reason", async (_what, states, message) => {
  await expect(podOf([], states).provide(1)).rejects.toThrow(message);
});

test("what the API server refuses is told in its words", async () => {
  const call = { verb: "patch", resource: "pods/ephemeralcontainers", ...at, name: at.pod } as const;
  const message = 'pods "sleep-1" is forbidden: violates PodSecurity "restricted:latest"';
  const { provide } = podOf([], new KubeError(call, { status: 403, reason: "Forbidden", message }));

  await expect(provide()).rejects.toThrow(`no container can be added to foo/sleep-1: ${message}`);
});
