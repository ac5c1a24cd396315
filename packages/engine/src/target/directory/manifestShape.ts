type Fields = Readonly<Record<string, unknown>>;
type Shape = "a mapping" | "a list" | "a mapping of strings" | "a string" | "a number";

/** Where `[]` stands for each element. What is absent is fine, unless it is in `requiredFields`. */
type Shapes = Readonly<Record<string, Shape>>;

const podShapes = (prefix: string): Shapes => ({
  [`${prefix}.serviceAccountName`]: "a string",
  [`${prefix}.containers`]: "a list",
  [`${prefix}.containers[]`]: "a mapping",
  [`${prefix}.containers[].image`]: "a string",
  [`${prefix}.initContainers`]: "a list",
  [`${prefix}.initContainers[]`]: "a mapping",
});

const controllerShapes: Shapes = {
  "spec.template": "a mapping",
  "spec.template.metadata": "a mapping",
  "spec.template.metadata.labels": "a mapping of strings",
  "spec.template.metadata.annotations": "a mapping of strings",
  "spec.template.spec": "a mapping",
  ...podShapes("spec.template.spec"),
};

const statusShapes: Shapes = { "status.conditions": "a list", "status.conditions[]": "a mapping" };

const everyShapes: Shapes = {
  "metadata.labels": "a mapping of strings",
  "metadata.annotations": "a mapping of strings",
  spec: "a mapping",
  status: "a mapping",
};

const routeShapes = (protocol: string): Shapes => ({
  [`spec.${protocol}`]: "a list",
  [`spec.${protocol}[]`]: "a mapping",
  [`spec.${protocol}[].match`]: "a list",
  [`spec.${protocol}[].match[]`]: "a mapping",
  [`spec.${protocol}[].route`]: "a list",
  [`spec.${protocol}[].route[]`]: "a mapping",
  [`spec.${protocol}[].route[].destination`]: "a mapping",
});

const policyShapes: Shapes = { "spec.selector": "a mapping", "spec.selector.matchLabels": "a mapping of strings" };

const kindShapes: Readonly<Record<string, Shapes>> = {
  Service: {
    "spec.selector": "a mapping of strings",
    "spec.type": "a string",
    "spec.ports": "a list",
    "spec.ports[]": "a mapping",
    "spec.ports[].port": "a number",
    "spec.ports[].name": "a string",
    "spec.ports[].appProtocol": "a string",
    "spec.ports[].nodePort": "a number",
    "spec.externalIPs": "a list",
    "status.loadBalancer": "a mapping",
    "status.loadBalancer.ingress": "a list",
    "status.loadBalancer.ingress[]": "a mapping",
  },
  Pod: { ...podShapes("spec"), ...statusShapes },
  Deployment: controllerShapes,
  StatefulSet: controllerShapes,
  DaemonSet: controllerShapes,
  Node: { ...statusShapes, "status.addresses": "a list", "status.addresses[]": "a mapping" },
  Gateway: {
    "spec.selector": "a mapping of strings",
    "spec.servers": "a list",
    "spec.servers[]": "a mapping",
    "spec.servers[].hosts": "a list",
    "spec.servers[].hosts[]": "a string",
    "spec.servers[].port": "a mapping",
  },
  ServiceEntry: {
    "spec.hosts": "a list",
    "spec.hosts[]": "a string",
    "spec.addresses": "a list",
    "spec.addresses[]": "a string",
    "spec.exportTo": "a list",
  },
  DestinationRule: {
    "spec.host": "a string",
    "spec.exportTo": "a list",
    "spec.trafficPolicy": "a mapping",
    "spec.subsets": "a list",
    "spec.subsets[]": "a mapping",
  },
  WorkloadEntry: { "spec.labels": "a mapping of strings" },
  VirtualService: {
    "spec.hosts": "a list",
    "spec.hosts[]": "a string",
    "spec.gateways": "a list",
    "spec.exportTo": "a list",
    ...routeShapes("http"),
    ...routeShapes("tls"),
    ...routeShapes("tcp"),
  },
  Sidecar: {
    "spec.egress": "a list",
    "spec.egress[]": "a mapping",
    "spec.egress[].hosts": "a list",
    "spec.egress[].hosts[]": "a string",
    "spec.workloadSelector": "a mapping",
    "spec.workloadSelector.labels": "a mapping of strings",
  },
  PeerAuthentication: policyShapes,
  RequestAuthentication: policyShapes,
  AuthorizationPolicy: policyShapes,
};

const controllerFields = ["spec", "spec.template", "spec.template.spec"];

const requiredFields: Readonly<Record<string, readonly string[]>> = {
  Service: ["spec", "spec.ports[].port"],
  Pod: ["spec"],
  Deployment: controllerFields,
  StatefulSet: controllerFields,
  DaemonSet: controllerFields,
  Gateway: ["spec", "spec.servers[].port", "spec.servers[].hosts"],
  ServiceEntry: ["spec", "spec.hosts"],
  DestinationRule: ["spec", "spec.host"],
  WorkloadEntry: ["spec"],
};

/**
 * What an API server would refuse of the fields that we read, as `spec.ports must be a list`: nobody has validated the
 * manifests of a directory, and the compiler trusts the types of what it reads. Undefined where all is well.
 */
export function shapeMistake(kind: string, manifest: Fields): string | undefined {
  for (const path of requiredFields[kind] ?? []) {
    const holders = valuesAt(manifest, path.split(".").slice(0, -1));
    if (valuesAt(manifest, path.split(".")).length < holders.length) return `${path} is missing`;
  }
  for (const [path, shape] of Object.entries({ ...everyShapes, ...kindShapes[kind] })) {
    if (valuesAt(manifest, path.split(".")).some((value) => !hasShape(value, shape))) return `${path} must be ${shape}`;
  }
  return undefined;
}

function valuesAt(root: unknown, steps: readonly string[]): readonly unknown[] {
  let values: readonly unknown[] = [root];
  for (const step of steps) {
    const name = step.replace(/\[\]$/, "");
    values = values.flatMap((value) => (isFields(value) && Object.hasOwn(value, name) ? [value[name]] : []));
    if (step.endsWith("[]")) values = values.flatMap((value) => (Array.isArray(value) ? value : []));
  }
  return values;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasShape(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case "a list":
      return Array.isArray(value);
    case "a string":
      return typeof value === "string";
    case "a number":
      return typeof value === "number";
    case "a mapping":
      return isFields(value);
    case "a mapping of strings":
      return isFields(value) && Object.values(value).every((item) => typeof item === "string");
  }
}
