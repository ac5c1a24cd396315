import { type Container, type KubeObject, type Node, type Pod, type PodSpec, readVariables } from "@isthmus/core";

/**
 * A Pod or Node with the fields that the types of core declare, any other object as it is: thousands of Pods, each of some
 * kilobytes, stay in memory as long as an observation does.
 */
export function slimObject(object: KubeObject): KubeObject {
  switch (object.kind) {
    case "Pod":
      return slimPod(object as Pod);
    case "Node":
      return slimNode(object as Node);
    default:
      return object;
  }
}

function slimPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  return {
    apiVersion,
    kind,
    metadata: slimMetadata(metadata),
    spec: slimPodSpec(spec),
    ...(status && {
      status: {
        ...pick(status, ["phase", "podIP", "podIPs"]),
        ...(status.conditions && { conditions: slimConditions(status) }),
      },
    }),
  };
}

function slimPodSpec(spec: PodSpec): PodSpec {
  const images = (containers: readonly Container[]) =>
    containers.map((container) => ({
      ...pick(container, ["name", "image"]),
      ...(container.securityContext && { securityContext: pick(container.securityContext, ["runAsUser"]) }),
      ...(container.ports && {
        ports: container.ports.map((port) => pick(port, ["name", "containerPort", "protocol"])),
      }),
      // Of a sidecar also that nothing of it is set.
      ...(container.env?.some((each) => isReadVariable(each) || container.name === "istio-proxy") && {
        env: container.env.filter(isReadVariable),
      }),
    }));
  return {
    ...pick(spec, ["serviceAccountName", "nodeName", "hostname", "subdomain", "hostNetwork"]),
    ...(spec.securityContext && { securityContext: pick(spec.securityContext, ["runAsUser"]) }),
    ...(spec.containers && { containers: images(spec.containers) }),
    ...(spec.initContainers && { initContainers: images(spec.initContainers) }),
  };
}

/** Of the environment, which may hold secrets, only the switches that core reads. */
function isReadVariable({ name }: { readonly name: string }): boolean {
  return readVariables.includes(name);
}

function slimNode({ apiVersion, kind, metadata, spec, status }: Node): Node {
  return {
    apiVersion,
    kind,
    metadata: slimMetadata(metadata),
    ...(spec && { spec: pick(spec, ["unschedulable", "podCIDRs"]) }),
    ...(status && {
      status: {
        ...(status.addresses && { addresses: status.addresses.map((each) => pick(each, ["type", "address"])) }),
        ...(status.conditions && { conditions: slimConditions(status) }),
      },
    }),
  };
}

function slimMetadata(metadata: KubeObject["metadata"]): KubeObject["metadata"] {
  const { annotations } = metadata;
  const read = Object.entries(annotations ?? {}).filter(([name]) => istioAnnotation.test(name));
  return {
    ...pick(metadata, ["name", "namespace", "labels", "uid", "resourceVersion", "deletionTimestamp"]),
    ...(read.length > 0 && { annotations: Object.fromEntries(read) }),
  };
}

/** What tells whether a pod has a proxy, and which of its traffic that proxy takes. */
const istioAnnotation = /^[a-z.]*istio\.io\//;

type Conditions = readonly { readonly type: string; readonly status: string }[];

function slimConditions({ conditions = [] }: { readonly conditions?: Conditions }): Conditions {
  return conditions.map((condition) => pick(condition, ["type", "status"]));
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  const picked: Partial<T> = {};
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name];
  // Absent stays absent, also where the type says that it never is.
  return picked as Pick<T, K>;
}
