import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { preProcessFile } from "typescript";
import { expect, test } from "vitest";

const core = fileURLToPath(new URL("core/src", import.meta.url));

/** A rule of Istio, and the one file of core that says it (law 9). */
interface Rule {
  readonly file: string;
  /** What the file exports; nobody else may declare such a name. */
  readonly names: readonly string[];
  /** What gives a second copy away. Comments do not count. */
  readonly telltales?: readonly RegExp[];
  /** Files that may have a telltale, and why: they write or read it, and decide nothing. */
  readonly allowed?: Readonly<Record<string, string>>;
}

const lists = "goes through all of them, and asks which of them hold";

const rules: Readonly<Record<string, readonly Rule[]>> = {
  "hosts and domains": [
    {
      file: "istio/hostNames.ts",
      names: ["fullHost", "serviceHost", "parseServiceHost", "shortHosts", "isCoveredBy", "hostsOverlap", "HostMap"],
      telltales: [/\.svc\.?\$\{/, /\}\.svc[.`]/, /`svc\.\$\{/],
      allowed: {
        "istio/registry/clusterDns.ts": "cluster DNS, which is Kubernetes'",
        "compile/serviceExport/importForRoutes.ts": "a hint for people",
        "trace/upstream/openUpstream.ts": "a hint for people",
        "verify/objectHops.ts": "tells a name of a Service from one of the cluster set",
      },
    },
  ],
  visibility: [
    {
      file: "istio/visibility.ts",
      names: ["isVisible", "isPublic", "exportedTo", "exportToOfAnnotations", "exportToAnnotation"],
      telltales: [/exportTo\.(includes|some|every)\((?!"~"\))/, /\["networking\.istio\.io\/exportTo"\]/],
    },
    {
      file: "istio/istioCluster.ts",
      names: ["IstioCluster"],
      telltales: [/\.discoverySelectors\b/],
      allowed: { "model/observed/meshConfig.ts": "reads the setting" },
    },
    { file: "istio/scope/hiding.ts", names: ["hidingOf"] },
  ],
  "label selectors": [
    {
      file: "istio/labels.ts",
      names: ["labelsMatch", "selectorMatches", "labelsOfNamespace"],
      telltales: [/"NotIn"/, /"kubernetes\.io\/metadata\.name"/],
      allowed: { "compile/externalAccess/gatewayApi.ts": "writes a selector for one namespace" },
    },
  ],
  "port protocol": [
    {
      file: "istio/registry/protocol.ts",
      names: ["parseProtocol", "protocolOfServicePort", "declaredProtocol", "isHttp", "isHttp2", "isTls", "isTcp"],
      telltales: [/"kubernetes\.io\/h2c"/, /"HTTP_PROXY"/, /"GRPC-WEB"/],
      allowed: { "istio/scope/proxyScope.ts": "an egress listener of this protocol is for all ports" },
    },
  ],
  "target port": [
    {
      file: "istio/registry/targetPort.ts",
      names: ["namedTargetPort", "targetPortOf"],
      telltales: [/targetPort \?\? \w/],
      allowed: {
        "istio/inbound/inboundPort.ts": "a ServiceEntry's, which is a number",
        "compile/sharedService/serverSide.ts": "copies a Service's port as it is",
        "compile/externalService/serviceEntries.ts": "of an ExternalService, whose target port is declared",
      },
    },
  ],
  workloads: [
    {
      file: "istio/workload.ts",
      names: ["workloadOfPod", "workloadOfController", "imaginedGateway"],
      telltales: [/"istio-proxy"/],
    },
    { file: "istio/registry/endpoints.ts", names: ["endpointsOf"] },
    { file: "istio/registry/servicePods.ts", names: ["readyPods"] },
  ],
  injection: [
    {
      file: "istio/injection.ts",
      names: ["isInjected", "asksForProxy", "injectionLabelOf", "tlsModeLabel"],
      telltales: [
        /"istio-injection"/,
        /"sidecar\.istio\.io\/inject"/,
        /"istio\.io\/rev"/,
        /"security\.istio\.io\/tlsMode"/,
      ],
    },
  ],
  "proxies and their settings": [
    {
      file: "istio/proxyConfig.ts",
      names: ["proxyMetadataOf", "proxyMetadataIn", "capturesDns", "dnsCapture"],
      telltales: [/ISTIO_META_DNS_CAPTURE(?!: "true" in| is true)/],
      allowed: { "kinds/core.ts": "says which variables of a pod are read" },
    },
    { file: "istio/capture.ts", names: ["bypass"], telltales: [/excludeOutboundPorts/, /includeOutboundIPRanges/] },
    { file: "istio/pathNormalization.ts", names: ["pathNormalization"] },
  ],
  "which Sidecar holds": [
    {
      file: "istio/scope/sidecarFor.ts",
      names: ["sidecarFor"],
      telltales: [/(in|all)\("Sidecar"/],
      allowed: {
        "reachability/aboutHost.ts": "whether the mesh has a default one",
        "lint/hosts.ts": lists,
        "lint/unattached.ts": lists,
      },
    },
    { file: "istio/scope/proxyScope.ts", names: ["proxyScope"] },
  ],
  "VirtualServices of a proxy": [{ file: "istio/scope/virtualServices.ts", names: ["virtualServicesFor"] }],
  "DestinationRule merge": [
    {
      file: "istio/scope/destinationRules.ts",
      names: ["destinationRuleFor", "rulesInTheWay"],
      telltales: [/(in|all)\("DestinationRule"/, /defaultDestinationRuleExportTo\./],
      allowed: {
        "reachability/aboutHost.ts": "whether any rule is about a host, be it one that counts or not",
        "trace/server/wrongSni.ts": "looks for the rule that was meant, of those that do not count",
        "lint/rulesOfHosts.ts": lists,
      },
    },
    { file: "istio/scope/trafficPolicy.ts", names: ["effectivePolicy", "policyOfPort"] },
    { file: "kinds/destinationRule.ts", names: ["DestinationRule", "TrafficPolicy", "ClientTls", "Subset"] },
  ],
  "subsets and the labels that istiod adds": [
    {
      file: "istio/topologyLabels.ts",
      names: ["podLabels", "entryLabels", "localityOf", "localityOfNode", "networkOf", "clusterIdOf"],
      telltales: [/"topology\.(kubernetes|istio)\.io\/\w+"/, /failure-domain\.beta/, /"istio-locality"/],
    },
    { file: "istio/upstream/subsetEndpoints.ts", names: ["subsetEndpoints"] },
    { file: "istio/upstream/networkGateways.ts", names: ["networkGateways", "acrossNetworks"] },
  ],
  "mutual TLS mode": [
    {
      file: "istio/policy/peerAuthentication.ts",
      names: ["mutualTlsMode"],
      telltales: [/\.portLevelMtls/, /(in|all)\("PeerAuthentication"/],
    },
    { file: "istio/upstream/upstreamTls.ts", names: ["upstreamTls"] },
    { file: "istio/inbound/inboundChain.ts", names: ["inboundChain"] },
  ],
  "policy match": [{ file: "istio/policy/authorize.ts", names: ["authorize"] }],
  SNI: [
    {
      file: "istio/sni.ts",
      names: ["passthroughSni", "parsePassthroughSni"],
      telltales: [/outbound_\\?\.(?!PORT)/],
    },
  ],
  identities: [
    {
      file: "istio/spiffeId.ts",
      names: ["spiffeId", "principal", "principalsOfNamespace", "principalsOfAccount", "parseIdentity"],
      telltales: [/\/ns\/\$\{/, /\/sa\/\$\{/, /split\("\/ns\/"\)/],
      allowed: {
        "istio/policy/policyConditions.ts": "patterns over identities, as Envoy matches them",
        "istio/policy/callerConditions.ts": "patterns over identities, as Envoy matches them",
      },
    },
  ],
  "settings of a mesh": [
    {
      file: "model/observed/meshConfig.ts",
      names: ["parseMeshConfig", "defaultMeshConfig"],
      telltales: [/config\.(trustDomain|rootNamespace|outboundTrafficPolicy|enableAutoMtls)/],
    },
    { file: "istio/meshSettings.ts", names: ["MeshSettings", "meshSettings"], telltales: [/meshConfig \?\? /] },
    { file: "istio/istioClusters.ts", names: ["istioCluster", "istioClusters"], telltales: [/new IstioCluster\(/] },
  ],
};

const all = Object.entries(rules).flatMap(([rule, files]) => files.map((each) => [rule, each.file, each] as const));

const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(core, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("__generated__"))
    .map((file) => [file.replaceAll("\\", "/"), readFileSync(join(core, file), "utf8")]),
);

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/ .*$/gm, "");
}

function declares(text: string, name: string): boolean {
  return new RegExp(`^(export )?(async )?(function|const|class|interface|type) ${name}\\b`, "m").test(text);
}

test.each(all)("%s: %s has the rule", (_, file, { names }) => {
  expect(existsSync(join(core, file))).toBe(true);
  expect(names.filter((name) => !declares(sources.get(file) ?? "", name))).toEqual([]);
});

test.each(all)("%s: nobody but %s declares it", (_, file, { names }) => {
  const copies = [...sources].flatMap(([other, text]) =>
    other === file ? [] : names.filter((name) => declares(text, name)).map((name) => `${other}: ${name}`),
  );

  expect(copies).toEqual([]);
});

test.each(all.filter(([, , { telltales = [] }]) => telltales.length > 0))(
  "%s: nothing outside of %s gives a second copy away",
  (_, file, { telltales = [], allowed = {} }) => {
    const found = [...sources].flatMap(([other, text]) => {
      if (other === file || allowed[other] !== undefined) return [];
      const code = withoutComments(text);
      return telltales.filter((pattern) => pattern.test(code)).map((pattern) => `${other}: ${pattern}`);
    });

    expect(found).toEqual([]);
  },
);

test("what is allowed to have a telltale exists", () => {
  const gone = all.flatMap(([, , { allowed = {} }]) =>
    Object.keys(allowed).filter((file) => !sources.has(file) && file !== "istio/registry/clusterDns.ts"),
  );

  expect(gone).toEqual([]);
});

/** Who asks the model of Istio. What declares, plans, imports or rotates knows nothing of how a proxy behaves. */
const askers = [
  "check",
  "compile",
  "describe",
  "doctor",
  "istio",
  "lint",
  "pathTest",
  "reachability",
  "setup",
  "trace",
  "verify",
];

test("only the steps that reason about traffic import the model of Istio", () => {
  const strangers = [...sources].flatMap(([file, text]) => {
    const folder = file.includes("/") ? (file.split("/")[0] ?? "") : "index";
    const reaches = preProcessFile(text).importedFiles.some(({ fileName }) =>
      join(dirname(file), fileName).replaceAll("\\", "/").startsWith("istio/"),
    );
    return reaches && folder !== "index" && !askers.includes(folder) ? [file] : [];
  });

  expect(strangers).toEqual([]);
});

test("the model of Istio asks none of them", () => {
  const steps = askers.filter((each) => each !== "istio");
  const crossings = [...sources].flatMap(([file, text]) => {
    if (!file.startsWith("istio/")) return [];
    const imported = preProcessFile(text).importedFiles.map(({ fileName }) => join(dirname(file), fileName));
    return imported.filter((each) => steps.includes(each.split("/")[0] ?? "")).map((each) => `${file}: ${each}`);
  });

  expect(crossings).toEqual([]);
});

test("only istioClusters makes the model of a cluster, in all packages", () => {
  const makers = ["cli", "engine", "testkit"].flatMap((name) => {
    const folder = fileURLToPath(new URL(`${name}/src`, import.meta.url));
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && /new IstioCluster\(/.test(readFileSync(join(folder, file), "utf8")),
    );
  });

  expect(makers).toEqual([]);
});
