import type { z } from "zod";
import { say } from "../../findings/index.ts";
import { apiVersion, type WrittenIntent } from "../../model/index.ts";
import type { Problem } from "../../problem.ts";
import type { EmcoPlacement } from "./emcoPlacement.ts";
import { type EmcoResource, emcoProblem, leftOut, readFields, unknownFields } from "./emcoResource.ts";
import { accessSchema, clientSchema, inboundSchema } from "./emcoSchemas.ts";

type Inbound = z.output<typeof inboundSchema>;
type Written<Kind extends WrittenIntent["kind"]> = Extract<WrittenIntent, { kind: Kind }>;
type SharedSpec = Written<"SharedService">["spec"];
type AccessRule = NonNullable<SharedSpec["access"]>[number];

/** A server with its clients and their access points. */
export interface InboundTree {
  readonly server: EmcoResource;
  readonly clients: readonly { readonly client: EmcoResource; readonly accessPoints: readonly EmcoResource[] }[];
}

/** What one inbound intent comes to; `clusterName` is how a cluster of EMCO is called here. */
export function importInbound(
  { server, clients }: InboundTree,
  placement: EmcoPlacement,
  clusterName: (cluster: string) => string,
): { readonly intents: readonly WrittenIntent[]; readonly problems: readonly Problem[] } {
  const { value: spec, problems: mistakes } = readFields(server, ["spec"], inboundSchema);
  const problems: Problem[] = [...mistakes, ...unknownFields(server, ["spec"], Object.keys(inboundSchema.shape))];
  if (spec === undefined) return { intents: [], problems };
  if (spec.serviceMesh !== undefined && spec.serviceMesh !== "istio") {
    problems.push(
      leftOut(
        server,
        ["spec", "serviceMesh"],
        say`${{ serviceName: spec.serviceName }} is not in an Istio mesh: serviceMesh is ${{ serviceMesh: spec.serviceMesh }}`,
        "Isthmus connects Services with Istio's sidecars only",
      ),
    );
    return { intents: [], problems };
  }
  if (spec.edgeCNF !== undefined && spec.edgeCNF !== "" && spec.edgeCNF !== "none") {
    problems.push(
      leftOut(server, ["spec", "edgeCNF"], say`edgeCNF ${{ edgeCNF: spec.edgeCNF }} has no counterpart`, ""),
    );
  }
  const namespace = placement.namespaceOf(server);
  const clusters = placement.clustersOf(spec.app ?? spec.serviceName, server).map(clusterName);
  if (namespace === undefined || clusters.length === 0) return { intents: [], problems };
  const where = { server, spec, namespace, clusters };
  const shared = sharedService(where, clients, { placement, clusterName, problems });
  const external = externalAccess(where, problems);
  if (shared === undefined && external === undefined) {
    problems.push(
      leftOut(
        server,
        ["metadata", "name"],
        say`inbound intent ${{ name: server.name }} has no client in another cluster and no external support, so nothing has to be declared`,
        "",
      ),
    );
  }
  return { intents: [shared, external].filter((intent) => intent !== undefined), problems };
}

interface Where {
  readonly server: EmcoResource;
  readonly spec: Inbound;
  readonly namespace: string;
  readonly clusters: readonly string[];
}

interface Surroundings {
  readonly placement: EmcoPlacement;
  readonly clusterName: (cluster: string) => string;
  readonly problems: Problem[];
}

function sharedService(
  { spec, namespace, clusters }: Where,
  clients: InboundTree["clients"],
  { placement, clusterName, problems }: Surroundings,
): Written<"SharedService"> | undefined {
  const consumers: SharedSpec["consumers"] = [];
  const access: AccessRule[] = [];
  for (const { client, accessPoints } of clients) {
    const read = readFields(client, ["spec"], clientSchema);
    problems.push(...read.problems, ...unknownFields(client, ["spec"], Object.keys(clientSchema.shape)));
    for (const point of accessPoints) access.push(...accessRules(point, problems));
    if (read.value === undefined) continue;
    const { app, serviceName, clientServiceName, namespaces = [], cidrs = [] } = read.value;
    if (cidrs.length > 0) {
      problems.push(
        leftOut(
          client,
          ["spec", "cidrs"],
          say`cidrs limit callers by address, which is a NetworkPolicy's work`,
          "callers of other clusters come through the gateway: limit them by namespace or service account",
        ),
      );
    }
    const from = placement
      .clustersOf(app ?? clientServiceName ?? serviceName ?? client.name, client)
      .map(clusterName)
      // EMCO writes nothing either where client and server share their cluster.
      .filter((cluster) => clusters.length > 1 || cluster !== clusters[0]);
    // EMCO's clients run in the namespace of the logical cloud, as their server does.
    if (from.length > 0)
      consumers.push({ clusters: from, namespaces: namespaces.length > 0 ? namespaces : [namespace] });
  }
  if (consumers.length === 0) return undefined;
  return {
    apiVersion,
    kind: "SharedService",
    metadata: { name: spec.serviceName, namespace },
    spec: {
      ports: [spec.port],
      servedBy: [...clusters],
      consumers,
      // EMCO gives clients httpbin.<namespace>.<provider>.<cluster>, and in the namespace that all have in common httpbin.
      as: consumers.every(({ namespaces }) => namespaces?.join() === namespace)
        ? ["SameName", "PerCluster"]
        : ["PerCluster"],
      ...(access.length === 0 ? {} : { access }),
    },
  };
}

function accessRules(point: EmcoResource, problems: Problem[]): readonly AccessRule[] {
  const { value, problems: mistakes } = readFields(point, ["spec"], accessSchema);
  problems.push(...mistakes, ...unknownFields(point, ["spec"], Object.keys(accessSchema.shape)));
  if (value === undefined) return [];
  if (value.action === "DENY") {
    problems.push(
      leftOut(
        point,
        ["spec", "action"],
        say`rules of a SharedService say what is allowed, and all else is denied: DENY has no counterpart`,
        "list in spec.access what the clients may call",
      ),
    );
    return [];
  }
  return [{ methods: [...new Set(value.access)], paths: [...new Set(value.url)] }];
}

function externalAccess({ server, spec, namespace, clusters }: Where, problems: Problem[]): WrittenIntent | undefined {
  const { externalSupport } = spec;
  if (externalSupport === undefined || externalSupport === false || externalSupport === "false") return undefined;
  const isMode = externalSupport !== true && externalSupport !== "true";
  const mode = isMode ? externalSupport : (spec.management?.tlsType ?? spec.tlsType ?? "NONE");
  if ((spec.management?.sidecarProxy ?? spec.sidecarProxy) === false) {
    problems.push(
      leftOut(
        server,
        ["spec", spec.management?.sidecarProxy === undefined ? "sidecarProxy" : "management"],
        say`external support of ${{ serviceName: spec.serviceName }} without a sidecar has no counterpart`,
        "let a sidecar into its pods",
      ),
    );
    return undefined;
  }
  if (spec.externalName === undefined || spec.externalName === "") {
    problems.push(emcoProblem(server, "FIELD_MISSING", ["spec"], say`spec.externalName is missing`, "clients call it"));
    return undefined;
  }
  const secret = `${spec.serviceName}-credential`;
  reportCertificates(server, { spec, mode, secret, clusters }, problems);
  const modes = { MUTUAL: "Mutual", SIMPLE: "Simple", NONE: "None" } as const;
  return {
    apiVersion,
    kind: "ExternalAccess",
    metadata: { name: server.name, namespace },
    spec: {
      hosts: [spec.externalName],
      ...(server.name === spec.serviceName ? {} : { service: spec.serviceName }),
      port: spec.port,
      clusters: [...clusters],
      tls: { mode: modes[mode], ...(mode === "NONE" ? {} : { credential: { secret } }) },
    },
  };
}

/** Keys stay where they are: the gateway reads a Secret, and nobody else does. */
function reportCertificates(
  server: EmcoResource,
  { spec, mode, secret, clusters }: { spec: Inbound; mode: string; secret: string; clusters: readonly string[] },
  problems: Problem[],
): void {
  if (mode === "NONE") return;
  const names = ["tls.crt", "tls.key", ...(mode === "MUTUAL" ? ["ca.crt"] : [])];
  const path = spec.external === undefined ? ["spec"] : ["spec", "external"];
  problems.push(
    emcoProblem(
      server,
      "IMPORT_BY_HAND",
      path,
      say`the certificates of ${{ externalName: spec.externalName }} are not imported: ExternalAccess names a Secret, here ${{ secret }}`,
      `decode serviceCertificate, servicePrivateKey${mode === "MUTUAL" ? " and caCertificate" : ""} (base64) into ${names.join(", ")}, then in ${clusters.join(", ")}: kubectl -n istio-system create secret generic ${secret} ${names.map((name) => `--from-file=${name}`).join(" ")}`,
    ),
  );
}
