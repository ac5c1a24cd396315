import {
  type AcrossPath,
  gatewayAddresses,
  type Intents,
  istioCluster,
  type Observed,
  ownerName,
  restrictsCallers,
  type SharedService,
  showHostPort,
  spiffeId,
} from "@isthmus/core";
import { fingerprintOf, inspectBundle } from "@isthmus/pki";
import pLimit from "p-limit";
import { istiodPods } from "../istiod/istiodPods.ts";
import type { Reach } from "../reach.ts";
import { throwIfStopped } from "../withPatience.ts";
import type { IssuedIdentity } from "./caIdentity.ts";
import { type Caller, callerOf, podOf } from "./callerOf.ts";
import { type ClientIdentity, callGateway, type GatewayAnswer, type GatewayCall } from "./callGateway.ts";
import { istiodIdentity } from "./istiodIdentity.ts";
import { judgeCall, judgeRefusal } from "./judgeCall.ts";
import { latencyOf, type Probe, type ProbeKind } from "./probe.ts";
import { probeFromPod } from "./probeFromPod.ts";
import { type ProbeContainer, provideContainer } from "./provideContainer.ts";
import { strangerIdentity } from "./strangerIdentity.ts";

export interface ProbeOptions {
  readonly intents: Intents;
  readonly observed: Observed;
  /** By cluster; those that are directories have none. */
  readonly reach: ReadonlyMap<string, Reach>;
  /**
   * Who gives certificates of the consumers' own identities: istiod, or the function, for a SPIFFE name; `none`: only what
   * shows without one is tried.
   */
  readonly identity: "istiod" | "none" | ((name: string) => Promise<IssuedIdentity>);
  /** Also call from the consumers' own pods. */
  readonly fromPods: boolean;
  /** An image with curl and sleep: of a container that is added to such a pod where its app's has no curl. */
  readonly spareImage?: string;
  /** Try what must be refused, too. */
  readonly negatives: boolean;
  /** How often each call is made. */
  readonly calls: number;
  /** Milliseconds for one call. */
  readonly timeout: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal;
}

const atOnce = 8;

/** Milliseconds: an image may have to be pulled. */
const sparePatience = 60_000;

/** Not an SNI that anybody shares. RFC 2606. */
const foreignName = "outbound_.1_._.nobody.invalid";

/**
 * Tries the declared paths on the wire: every gateway address with what a consumer's sidecar would send, and what must be
 * refused. A gateway that cannot be reached from here makes its probes `unknown`. In the order of the paths. Throws only the
 * reason of a signal that stops.
 */
export async function probePaths(paths: readonly AcrossPath[], options: ProbeOptions): Promise<readonly Probe[]> {
  const run = new ProbeRun(options);
  const work = paths.flatMap((path) => run.probesOf(path));
  const limit = pLimit(atOnce);
  return Promise.all(
    work.map((probe) =>
      limit(async () => {
        throwIfStopped(options.signal);
        const result = await probe();
        throwIfStopped(options.signal);
        return result;
      }),
    ),
  );
}

type Identity =
  | { readonly name: string; readonly certificate: ClientIdentity; readonly root?: string }
  | { readonly reason: string };

/** What the probes of one run share: identities are asked for once, refusals are tried once for each address and name. */
class ProbeRun {
  readonly #options: ProbeOptions;
  readonly #identities = new Map<string, Promise<Identity>>();
  readonly #refusals = new Set<string>();
  /** Answers of addresses to which there is no connection. */
  readonly #silent = new Map<string, GatewayAnswer>();
  readonly #spares = new Map<string, Promise<ProbeContainer>>();
  readonly #shares: ReadonlyMap<string, SharedService>;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#shares = new Map(
      options.intents.sharedServices.map((share) => [
        ownerName("SharedService", share.metadata.namespace, share.metadata.name),
        share,
      ]),
    );
  }

  probesOf(path: AcrossPath): readonly (() => Promise<Probe>)[] {
    const { fromPods, negatives } = this.#options;
    const caller = callerOf(path, this.#shares.get(path.owner), this.#options);
    const addresses = this.#addresses(path);
    const calls = addresses.map((address) => () => this.#call(path, address, caller));
    const refused = negatives ? addresses.flatMap((address) => this.#refusalsOf(path, address, caller)) : [];
    return [...calls, ...(fromPods ? [() => this.#fromPod(path, caller)] : []), ...refused];
  }

  #addresses(path: AcrossPath): readonly { readonly address: string; readonly port: number }[] {
    const { intents, observed } = this.#options;
    const declared = intents.clusters.find(({ metadata }) => metadata.name === path.server.cluster);
    const cluster = observed.clusters.get(path.server.cluster);
    if (declared === undefined || cluster === undefined) return [];
    const { eastWestGateway, locality } = declared.spec;
    const found = gatewayAddresses(istioCluster(cluster, intents), eastWestGateway, locality);
    return "addresses" in found ? found.addresses : [];
  }

  async #call(path: AcrossPath, to: Address, caller: Caller | undefined): Promise<Probe> {
    const identity = await this.#identityOf(path, caller);
    const known = "certificate" in identity ? identity : undefined;
    const base = {
      kind: "call",
      path,
      at: show(to),
      ...(known === undefined ? {} : { identity: known.name }),
    } as const;
    const share = this.#shares.get(path.owner);
    const expected = {
      path,
      roots: this.#roots(path.consumer.cluster),
      identity: known?.name,
      isRestricted: share !== undefined && restrictsCallers(share.spec, this.#options.intents.mesh),
      now: this.#options.now(),
    };
    const times: number[] = [];
    let judged = { status: "unknown", detail: "" } as ReturnType<typeof judgeCall>;
    for (let call = 0; call < this.#options.calls; call++) {
      const answer = await this.#send(path, to, known?.certificate, {});
      judged = judgeCall(answer, expected);
      if ("milliseconds" in answer) times.push(answer.milliseconds);
      if (judged.status !== "ok") break;
    }
    const detail = "reason" in identity ? `${judged.detail} (${identity.reason})` : judged.detail;
    return { ...base, status: judged.status, detail, ...(times.length > 0 ? { latency: latencyOf(times) } : {}) };
  }

  async #fromPod(path: AcrossPath, caller: Caller | undefined): Promise<Probe> {
    const client = this.#options.reach.get(path.consumer.cluster);
    const base = { kind: "call from pod", path, at: path.consumer.cluster, status: "unknown" } as const;
    if (caller === undefined) return { ...base, detail: noCaller(path) };
    if (client === undefined) return { ...base, detail: `${path.consumer.cluster} is a directory` };
    const share = this.#shares.get(path.owner);
    const { calls, timeout, spareImage, signal } = this.#options;
    const isRestricted = share !== undefined && restrictsCallers(share.spec, this.#options.intents.mesh);
    return probeFromPod(path, caller, {
      ...{ client, calls, timeout, isRestricted },
      ...(spareImage === undefined ? {} : { spare: () => this.#spare(caller, client, spareImage) }),
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => ({ ...base, at: podOf(caller), detail: messageOf(error) }));
  }

  /** One for each pod, whatever is called from there. */
  #spare({ cluster, namespace, pod }: Caller, client: Reach, image: string): Promise<ProbeContainer> {
    const { signal } = this.#options;
    const key = `${cluster}/${namespace}/${pod}`;
    const wish = { client, image, patience: sparePatience, ...(signal ? { signal } : {}) };
    const known = this.#spares.get(key) ?? provideContainer({ namespace, pod }, wish);
    this.#spares.set(key, known);
    return known;
  }

  #refusalsOf(path: AcrossPath, to: Address, caller: Caller | undefined): readonly (() => Promise<Probe>)[] {
    const key = `${path.server.cluster} ${show(to)} ${path.sni}`;
    if (this.#refusals.has(key)) return [];
    this.#refusals.add(key);
    const probe = (kind: ProbeKind, call: () => Promise<GatewayAnswer>) => async (): Promise<Probe> => ({
      ...{ kind, path, at: show(to) },
      ...judgeRefusal(await call()),
    });
    const name = path.identities[0] ?? "spiffe://cluster.local/ns/default/sa/default";
    const stranger = async () => {
      const known = await this.#identityOf(path, caller);
      return strangerIdentity("certificate" in known ? known.name : name, this.#options.now());
    };
    return [
      probe("no certificate", () => this.#send(path, to, undefined, {})),
      probe("foreign authority", async () => this.#send(path, to, await stranger(), {})),
      probe("foreign name", async () => {
        const known = await this.#identityOf(path, caller);
        const certificate = "certificate" in known ? known.certificate : undefined;
        return this.#send(path, to, certificate, { sni: foreignName });
      }),
      probe("plain text", () => this.#send(path, to, undefined, { plain: true })),
    ];
  }

  #send(
    path: AcrossPath,
    { address, port }: Address,
    identity: ClientIdentity | undefined,
    { sni = path.sni, plain = false }: { readonly sni?: string; readonly plain?: boolean },
  ): Promise<GatewayAnswer> {
    const { timeout, signal } = this.#options;
    const isHttp = asksHttp(path);
    const tls = { sni, alpn: isHttp ? httpAlpn : tcpAlpn, ...(identity === undefined ? {} : { identity }) };
    const call: GatewayCall = {
      address,
      port,
      timeout,
      ...(plain ? {} : { tls }),
      ...(isHttp || plain ? { http: { method: "GET", host: `${path.host}:${path.port}`, path: "/" } } : {}),
      ...(signal === undefined ? {} : { signal }),
    };
    return this.#unlessSilent(call);
  }

  /** Where nobody answered once, nobody is waited for again: a thousand paths may go through one address. */
  async #unlessSilent(call: GatewayCall): Promise<GatewayAnswer> {
    const key = show(call);
    const known = this.#silent.get(key);
    if (known !== undefined) return known;
    const answer = await callGateway(call);
    if (answer.kind === "unreachable") this.#silent.set(key, answer);
    return answer;
  }

  #roots(cluster: string) {
    const pems = this.#options.observed.clusters.get(cluster)?.trustRoots.flatMap(({ pem }) => pem ?? []) ?? [];
    return pems.length === 0 ? [] : inspectBundle(pems.join(""));
  }

  async #identityOf(path: AcrossPath, caller: Caller | undefined): Promise<Identity> {
    const { identity: source } = this.#options;
    if (source === "none") return { reason: "--identity none" };
    if (caller === undefined) return { reason: noCaller(path) };
    const key = `${caller.cluster}/${caller.namespace}/${caller.serviceAccount}`;
    const known =
      this.#identities.get(key) ?? (source === "istiod" ? this.#askIstiod(caller) : this.#issue(caller, source));
    this.#identities.set(key, known);
    const identity = await known;
    if (!("certificate" in identity) || identity.root === undefined) return identity;
    const trusted = this.#roots(path.server.cluster);
    const isTrusted = trusted.some(({ fingerprint }) => fingerprint === fingerprintOf(identity.root ?? ""));
    if (isTrusted || trusted.length === 0) return identity;
    return { reason: `${path.server.cluster} does not trust the root of the mesh's CA: isthmus ca status` };
  }

  #trustDomainOf(cluster: string): string {
    const { intents, observed } = this.#options;
    return observed.clusters.get(cluster)?.meshConfig?.trustDomain ?? intents.mesh.spec.trustDomain;
  }

  async #issue(
    { cluster, namespace, serviceAccount }: Caller,
    issue: (name: string) => Promise<IssuedIdentity>,
  ): Promise<Identity> {
    const name = spiffeId(this.#trustDomainOf(cluster), namespace, serviceAccount);
    try {
      const { root, ...certificate } = await issue(name);
      return { name, certificate, root };
    } catch (error) {
      throwIfStopped(this.#options.signal);
      return { reason: `no identity of ${namespace}/${serviceAccount}: ${messageOf(error)}` };
    }
  }

  async #askIstiod({ cluster, namespace, serviceAccount }: Caller): Promise<Identity> {
    const { intents, observed, reach, signal } = this.#options;
    const client = reach.get(cluster);
    const { istioNamespace } = intents.mesh.spec;
    const trustDomain = this.#trustDomainOf(cluster);
    const objects = observed.clusters.get(cluster)?.objects ?? [];
    const [istiod] = istiodPods(objects, istioNamespace);
    if (client === undefined) return { reason: `${cluster} is a directory` };
    if (istiod === undefined) return { reason: `no pod of istiod in ${istioNamespace} of ${cluster}` };
    try {
      const certificate = await istiodIdentity({
        client,
        istiod: { namespace: istioNamespace, pod: istiod.metadata.name },
        roots: (observed.clusters.get(cluster)?.trustRoots ?? []).map(({ pem }) => pem ?? "").join(""),
        trustDomain,
        namespace,
        serviceAccount,
        ...(signal === undefined ? {} : { signal }),
      });
      return { name: spiffeId(trustDomain, namespace, serviceAccount), certificate };
    } catch (error) {
      throwIfStopped(signal);
      return { reason: `no identity of ${namespace}/${serviceAccount}: ${messageOf(error)}` };
    }
  }
}

interface Address {
  readonly address: string;
  readonly port: number;
}

/** What a sidecar offers. istio/pilot/pkg/networking/util/util.go, ALPNInMeshH2WithMxc; the server's filter chains match on it. */
const httpAlpn = ["istio-http/1.1", "istio", "http/1.1"];
const tcpAlpn = ["istio-peer-exchange", "istio"];

/** Of a port whose protocol is sniffed, HTTP is tried. */
function asksHttp({ protocol }: AcrossPath): boolean {
  return protocol === undefined || protocol === "HTTP";
}

function show({ address, port }: Address): string {
  return showHostPort(address, port);
}

function noCaller({ consumer }: AcrossPath): string {
  const where = consumer.namespace === "*" ? "" : ` in namespace ${consumer.namespace}`;
  return `no workload with a sidecar runs${where} of ${consumer.cluster}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
