import {
  catalog,
  configMapKind,
  type KindEntry,
  MeshError,
  makeProblem,
  meshConfigMap,
  type Problem,
  say,
  trustRootConfigMap,
  type UnreadKind,
} from "@isthmus/core";
import { malformedProblem } from "@isthmus/core/shape";
import { failureProblem, type KubeClient, KubeError } from "@isthmus/kube";
import { istiodVersions } from "../istiodVersions.ts";
import { meshConfig } from "../meshConfig.ts";
import type { Observation } from "../target.ts";
import { trustRoots } from "../trustRoots.ts";
import { slimObject } from "./slimObject.ts";

export interface ObserveOptions {
  readonly cluster: string;
  readonly istioNamespace: string;
  readonly signal: AbortSignal | undefined;
}

/** What was read, or why the API server keeps it from us. */
type Answer<T> = { readonly value: T } | { readonly refusal: KubeError } | { readonly malformed: Problem };

/** Characters of JSON, so that memory stays below 300 MB: room for 150,000 pods of 500 each. */
const mostKept = 72 * 1024 * 1024;

export interface ReadCluster {
  readonly observation: Observation;
  /** Of each kind that could be read: what a watch begins from. */
  readonly versions: ReadonlyMap<KindEntry, string>;
}

export async function observeCluster(client: KubeClient, options: ObserveOptions): Promise<Observation> {
  return (await readCluster(client, options)).observation;
}

/**
 * Everything that we read of a cluster, all at the same time. What is optional and missing is a problem; throws a
 * `MeshError` where the server does not answer, or keeps what is needed from us.
 */
export async function readCluster(client: KubeClient, options: ObserveOptions): Promise<ReadCluster> {
  const { cluster, istioNamespace } = options;
  const failed = new AbortController();
  const room = { left: mostKept };
  // Each call listens to a signal of its own: so many listeners on one would look like a leak to Node.
  const aborting = () => ({ signal: AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]) });
  try {
    const [version, roots, mesh, ...lists] = await Promise.all([
      answerOf(client.version(aborting())),
      answerOf(client.get(configMapKind, trustRootConfigMap, istioNamespace, aborting())),
      answerOf(client.get(configMapKind, meshConfigMap, istioNamespace, aborting())),
      ...catalog.map(async (kind) => ({
        kind,
        answer: await answerOf(client.snapshot(kind, { ...aborting(), slim: slimObject, room })),
      })),
    ]);
    const needed = lists.flatMap(({ kind, answer }) => (kind.read === "needed" ? refusalOf(answer) : []));
    if (needed.length > 0) throw new MeshError(incomplete(needed, cluster));
    const told = lists.filter(({ kind }) => kind.read !== "ifServed").map(({ answer }) => answer);
    const optional = [roots, mesh, ...told].flatMap(refusalOf);
    const objects = lists.flatMap(({ answer }) => ("value" in answer ? answer.value.objects : []));
    const unreadable = lists.flatMap(({ answer }) => ("value" in answer ? answer.value.unreadable : []));
    const config = "value" in mesh ? meshConfig(mesh.value?.data) : undefined;
    const observation: Observation = {
      cluster: {
        name: cluster,
        source: "live",
        objects,
        ...("value" in version && { version: version.value }),
        istiodVersions: istiodVersions(objects, istioNamespace),
        trustRoots: "value" in roots ? trustRoots(roots.value?.data) : [],
        ...(config && { meshConfig: config }),
        ...(unreadable.length > 0 && { unreadable }),
        unread: new Map(lists.flatMap(({ kind, answer }) => unreadKind(kind, answer))),
      },
      problems: [
        ...(client.isVerified ? [] : [unverified(cluster, client.server)]),
        ...optional.flatMap((refusal) => failureProblem(refusal, cluster) ?? []),
        ...[roots, mesh].flatMap((answer) => ("malformed" in answer ? [answer.malformed] : [])),
        ...unreadable.map((each) => malformedProblem(each, { cluster })),
      ],
    };
    const versions = lists.flatMap(({ kind, answer }) =>
      "value" in answer ? [[kind, answer.value.resourceVersion] as const] : [],
    );
    return { observation, versions: new Map(versions) };
  } catch (error) {
    // Where one call found no server, the others need not find that out by themselves.
    failed.abort(error);
    options.signal?.throwIfAborted();
    const problem = failureProblem(error, cluster);
    throw problem === undefined ? error : new MeshError(problem, { cause: error });
  }
}

function unverified(cluster: string, server: string): Problem {
  return makeProblem({
    code: "CLUSTER_UNVERIFIED",
    at: { cluster },
    message: say`nobody verifies that ${{ server }} is the API server of ${{ cluster }}: the kubeconfig has insecure-skip-tls-verify`,
    hint: "give the kubeconfig the server's certificate-authority-data in its place",
  });
}

/** "You may not", "there is no such kind" and an object that is not of its kind's form leave the rest of the cluster readable. */
async function answerOf<T>(call: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await call };
  } catch (error) {
    if (error instanceof KubeError && (error.status === 403 || error.status === 404)) return { refusal: error };
    if (error instanceof MeshError && error.code === "OBJECT_MALFORMED") return { malformed: error.problem };
    throw error;
  }
}

function refusalOf(answer: Answer<unknown>): readonly KubeError[] {
  return "refusal" in answer ? [answer.refusal] : [];
}

function unreadKind(kind: KindEntry, answer: Answer<unknown>): readonly (readonly [string, UnreadKind])[] {
  if (kind.read !== "ifServed") return [];
  return refusalOf(answer).map(({ status }) => [
    `${kind.group}/${kind.kind}`,
    status === 404 ? "not served" : "forbidden",
  ]);
}

/** One problem for all kinds that are missing: CRDs first, since a cluster without them needs no right to list them. */
function incomplete(refusals: readonly KubeError[], cluster: string): Problem {
  const missing = refusals.filter(({ status }) => status === 404).map(({ call }) => call.resource);
  if (missing.length > 0) {
    return makeProblem({
      code: "KIND_NOT_INSTALLED",
      at: { cluster },
      message: say`cluster ${{ cluster }}: the API server does not serve ${{ missing }}`,
      hint: "Install Istio 1.22 or later, or its CRDs: istioctl install, or the Helm chart istio/base.",
    });
  }
  const forbidden = refusals.map(({ call }) => call.resource);
  return makeProblem({
    code: "CLUSTER_FORBIDDEN",
    at: { cluster },
    message: say`cluster ${{ cluster }}: we may not list ${{ forbidden }}`,
    hint: `Bind a ClusterRole with the rules ${rbacRules(forbidden)}`,
  });
}

/** `{apiGroups: [networking.istio.io], resources: [gateways], verbs: [get, list, watch]}` for each API group. */
function rbacRules(resources: readonly string[]): string {
  const byGroup = new Map<string, string[]>();
  for (const resource of resources) {
    const [plural = "", ...group] = resource.split(".");
    byGroup.set(group.join("."), [...(byGroup.get(group.join(".")) ?? []), plural]);
  }
  const rules = [...byGroup].map(
    ([group, plurals]) =>
      `{apiGroups: [${group === "" ? '""' : group}], resources: [${plurals.join(", ")}], verbs: [get, list, watch]}`,
  );
  return rules.join(", ");
}
