import { type Place, type Sentence, say, type Words } from "../findings/index.ts";
import { showHostPort } from "../istio/index.ts";
import type { Problem, ProblemCode } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { placeOfHop } from "../trace/index.ts";
import type { Evidence, IstiodEvidence, Knock, ProxyEvidence, Unseen, WireCall } from "./evidence.ts";

/** `works`: answered on the wire; `fails`: not; `untold`: it could not be tried, the paper is all there is. */
export type WireVerdict = "works" | "fails" | "untold";

export interface Diagnosis {
  readonly wire: WireVerdict;
  /** The first is the cause, where the request fails; the others stand beside it. Where it works, all are only remarks. */
  readonly findings: readonly Problem[];
  /** What could not be looked at, for people. */
  readonly unseen: readonly string[];
}

/**
 * Why a request fails: what is down or refuses on its way comes first, then what the configuration on paper says, then why a
 * proxy does not do what is on paper. Evidence that a hop fails now outweighs what merely could make one fail.
 */
export function diagnose(evidence: Evidence): Diagnosis {
  const wire = wireVerdict(evidence.wire);
  const late = [...rejectionFaults(evidence), ...syncFaults(evidence), ...istiodFaults(evidence)];
  // A sidecar that lacks its newest configuration does not know new names.
  const { cluster } = evidence.request.from;
  const isLate = late.some(({ place }) => place.cluster === cluster);
  const direct = [
    ...sidecarFaults(evidence, "client"),
    ...(isLate ? [] : nameFaults(evidence)),
    ...certificateFaults(evidence),
    ...gatewayFaults(evidence),
    ...sidecarFaults(evidence, "server"),
    ...knockFaults(evidence),
  ];
  const paper = paperFaults(evidence);
  const app = wire === "works" ? [] : appFaults(evidence);
  // A gateway that is down is also what the paper sees; an identity that is not accepted is nothing but paper.
  const ordered = [...direct, ...paper, ...app, ...(wire === "works" ? [] : missingFaults(evidence, late)), ...late];
  return { wire, findings: withoutRepeats(ordered), unseen: unseenOf(evidence) };
}

function wireVerdict(wire: WireCall | Unseen): WireVerdict {
  if ("unseen" in wire) return "untold";
  return isAnswered(wire) ? "works" : "fails";
}

/** Whether an answer came, and not a proxy's in the app's place. */
export function isAnswered({ exitCode, server, body, status }: WireCall): boolean {
  if (exitCode !== 0) return false;
  const isProxys = server === "envoy" || server === "istio-envoy";
  if (isProxys && body.startsWith("fault filter abort")) return false;
  return !(isProxys && refusals.test(body) && [401, 403, 404, 502, 503, 504].includes(status));
}

/** What Envoy answers in an app's place. */
const refusals = /^(RBAC: access denied|no healthy upstream|upstream |Jwt |Jwks |Audiences in Jwt |no cluster|$)/;

/** Sidecars that do not answer; of several servers one is enough. */
function sidecarFaults({ proxies }: Evidence, role: "client" | "server"): readonly Problem[] {
  const sidecars = proxies.filter((proxy) => proxy.role === role);
  if (role === "server" && sidecars.some(({ state }) => !("down" in state))) return [];
  return sidecars.flatMap((proxy) => {
    const { cluster, namespace, pod, isReady, state } = proxy;
    if (!("down" in state)) return [];
    const message = say`the sidecar of ${{ namespace }}/${{ pod }} does not answer: ${{ down: state.down }}`;
    const next = isReady ? logsOf(proxy) : describePod(proxy);
    return [
      problem("DOCTOR_PROXY_DOWN", { cluster: cluster, kind: "Pod", namespace: namespace, name: pod }, message, next),
    ];
  });
}

/** curl's exit code 6: the name has no address; 28: here, that nobody says so in time. */
function nameFaults({ wire, paper, request }: Evidence): readonly Problem[] {
  if ("unseen" in wire || paper.verdict !== "reaches") return [];
  if (wire.exitCode !== 6 && !(wire.exitCode === 28 && /resolv/i.test(wire.error))) return [];
  const { cluster, namespace, workload } = request.from;
  return [
    problem(
      "DOCTOR_NAME",
      { cluster: cluster, kind: "Pod", namespace: namespace, name: workload },
      say`${{ host: request.url.host }} does not resolve in the client's pod, although the sidecar's configuration has it`,
      "The sidecar does not answer DNS: restart the pod, and see that ISTIO_META_DNS_CAPTURE is true in its proxy's configuration.",
    ),
  ];
}

function certificateFaults({ proxies, now }: Evidence): readonly Problem[] {
  return proxies.flatMap((proxy) => {
    // A gateway passes mutual TLS through: its own certificate is not asked for.
    if (proxy.role === "gateway" || !("certificates" in proxy.state)) return [];
    const expired = proxy.state.certificates.find(({ notAfter }) => notAfter <= now);
    const early = proxy.state.certificates.find(({ notBefore }) => notBefore > now);
    const at = { cluster: proxy.cluster, kind: "Pod", namespace: proxy.namespace, name: proxy.pod };
    if (expired !== undefined) {
      const message = say`the certificate of ${{ identity: expired.identity }} ended ${{ notAfter: expired.notAfter }} and was not renewed`;
      return [
        problem(
          "DOCTOR_CERTIFICATE",
          at,
          message,
          say`istiod of ${{ cluster: proxy.cluster }} renews it: ${{ proxy: logsOf(proxy) }}`,
        ),
      ];
    }
    if (early === undefined) return [];
    const message = say`the certificate of ${{ identity: early.identity }} is valid only from ${{ notBefore: early.notBefore }}`;
    return [problem("DOCTOR_CERTIFICATE", at, message, "Compare the clocks of istiod's node and of this machine.")];
  });
}

function gatewayFaults({ proxies }: Evidence): readonly Problem[] {
  const gateways = proxies.filter(({ role }) => role === "gateway");
  const isUp = ({ isReady, state }: ProxyEvidence) => isReady && !("down" in state);
  const served = new Set(gateways.filter(isUp).map(({ cluster }) => cluster));
  const down = gateways.filter(({ cluster }) => !served.has(cluster));
  return down.map((proxy) => {
    const why = "down" in proxy.state ? `: ${proxy.state.down}` : "";
    const message = say`the gateway ${{ namespace: proxy.namespace }}/${{ pod: proxy.pod }} is ${proxy.isReady ? "not answering" : "not ready"}${why}`;
    return problem(
      "DOCTOR_GATEWAY_DOWN",
      { cluster: proxy.cluster, kind: "Pod", namespace: proxy.namespace, name: proxy.pod },
      message,
      describePod(proxy),
    );
  });
}

function knockFaults({ knocks }: Evidence): readonly Problem[] {
  const found = knocks.flatMap((knock) => knockFault(knock) ?? []);
  // The same, tried from elsewhere.
  return found.filter(
    ({ code, at }, index) => index === found.findIndex((each) => each.code === code && each.at === at),
  );
}

function knockFault({ address, port, from, result, detail }: Knock): Problem | undefined {
  const where = showHostPort(address, port);
  const who = from === "client" ? "the client's pod" : "here";
  switch (result) {
    case "timeout":
      return problem(
        "DOCTOR_ADDRESS_TIMEOUT",
        { thing: where },
        say`nothing answers at ${where}, tried from ${{ who }}: a firewall drops it, or it is nobody's address`,
        "Compare it with the gateway Service's addresses (isthmus status), and open the port for the client's nodes.",
      );
    case "refused":
      return problem(
        "DOCTOR_ADDRESS_REFUSED",
        { thing: where },
        say`${where} refuses connections, tried from ${who}: ${{ detail }}`,
        "Is this the gateway's port? Compare it with the gateway Service (isthmus status), then plan again.",
      );
    case "silent":
      return problem(
        "DOCTOR_GATEWAY_SILENT",
        { thing: where },
        say`${where} takes connections and then says nothing`,
        "The gateway hangs, or something before it swallows the traffic: restart the gateway's pods.",
      );
    case "open":
    case "unknown":
      return undefined;
  }
}

function paperFaults({ paper }: Evidence): readonly Problem[] {
  const { blamed } = paper;
  if (blamed === undefined || paper.verdict === "reaches") return [];
  return [problem(blamed.code, placeOfHop(blamed), say`${{ reason: blamed.detail }}`, blamed.fix)];
}

/** The server's sidecar could not open a connection to its app while we asked. */
function appFaults({ proxies }: Evidence): readonly Problem[] {
  return proxies.flatMap((proxy) => {
    if (proxy.role !== "server" || !("upstreams" in proxy.state)) return [];
    const failing = proxy.state.upstreams.filter(
      ({ cluster, failures }) => cluster.startsWith("inbound|") && failures > 0,
    );
    return failing.map(({ cluster }) => {
      const port = cluster.split("|")[1] ?? "";
      return problem(
        "DOCTOR_APP_DOWN",
        { cluster: proxy.cluster, kind: "Pod", namespace: proxy.namespace, name: proxy.pod },
        say`the app does not listen on port ${{ port }}: its sidecar cannot connect to it`,
        say`kubectl --context ${{ cluster: proxy.cluster }} logs -n ${{ namespace: proxy.namespace }} ${{ pod: proxy.pod }}`,
      );
    });
  });
}

/** The client's proxy has not got what is on paper. Why, `late` tells; where it does not, this stands alone. */
function missingFaults({ proxies, destinations, paper }: Evidence, late: readonly Problem[]): readonly Problem[] {
  if (late.length > 0 || paper.verdict !== "reaches") return [];
  return proxies.flatMap((proxy) => {
    if (proxy.role !== "client" || !("upstreams" in proxy.state) || destinations.length === 0) return [];
    const known = new Set(proxy.state.upstreams.map(({ address, port }) => `${address}:${port}`));
    const missing = destinations.filter((destination) => !known.has(destination));
    if (missing.length === 0) return [];
    return [
      problem(
        "DOCTOR_PROXY_STALE",
        { cluster: proxy.cluster, kind: "Pod", namespace: proxy.namespace, name: proxy.pod },
        say`the sidecar does not know ${{ missing }}, which its configuration on paper leads to`,
        say`istioctl --context ${{ cluster: proxy.cluster }} proxy-config endpoints ${{ pod: proxy.pod }}.${{ namespace: proxy.namespace }}`,
      ),
    ];
  });
}

function rejectionFaults({ proxies }: Evidence): readonly Problem[] {
  return proxies.flatMap((proxy) => {
    if (!("rejections" in proxy.state)) return [];
    return proxy.state.rejections.map(({ type, name, reason }) =>
      problem(
        "DOCTOR_CONFIG_REJECTED",
        { cluster: proxy.cluster, kind: "Pod", namespace: proxy.namespace, name: proxy.pod },
        say`Envoy rejects ${{ type }} ${{ name }} and keeps the one before: ${{ reason }}`,
        say`istioctl --context ${{ cluster: proxy.cluster }} proxy-config ${{ type }} ${{ pod: proxy.pod }}.${{ namespace: proxy.namespace }} -o json`,
      ),
    );
  });
}

function syncFaults({ proxies, istiods }: Evidence): readonly Problem[] {
  return proxies.flatMap((proxy) => {
    const synced = istiods.find(({ cluster }) => cluster === proxy.cluster)?.proxies;
    if (synced === undefined || "unseen" in synced || "down" in synced) return [];
    const found = synced.find(({ proxy: name }) => name === `${proxy.pod}.${proxy.namespace}`);
    const at = { cluster: proxy.cluster, kind: "Pod", namespace: proxy.namespace, name: proxy.pod };
    if (found === undefined) {
      const message = say`the proxy is not connected to istiod of ${{ cluster: proxy.cluster }}: it works with what it had`;
      return [problem("DOCTOR_PROXY_STALE", at, message, logsOf(proxy))];
    }
    if (found.unacknowledged.length === 0) return [];
    const message = say`the proxy has not acknowledged its newest configuration: ${{ unacknowledged: found.unacknowledged }}`;
    return [
      problem("DOCTOR_PROXY_STALE", at, message, say`istioctl --context ${{ cluster: proxy.cluster }} proxy-status`),
    ];
  });
}

function istiodFaults({ istiods }: Evidence): readonly Problem[] {
  return istiods.flatMap((istiod) => {
    if (istiod.ready === undefined || (istiod.ready > 0 && !("down" in istiod.proxies))) return [];
    return [
      problem(
        "DOCTOR_ISTIOD_DOWN",
        { cluster: istiod.cluster },
        istiodMessage(istiod),
        say`kubectl --context ${{ cluster: istiod.cluster }} get pods -A -l app=istiod`,
      ),
    ];
  });
}

function istiodMessage({ cluster, pods, ready, proxies }: IstiodEvidence): Sentence {
  if (pods === 0)
    return say`no pod of istiod runs in ${{ cluster }}: proxies get no new configuration and no certificates`;
  const why = "down" in proxies ? `: ${proxies.down}` : "";
  return say`istiod of ${{ cluster }} does not answer (${{ ready }} of ${{ pods }} pods ready)${why}: proxies get no new configuration and no certificates`;
}

function unseenOf({ wire, proxies, istiods }: Evidence): readonly string[] {
  return [
    ...("unseen" in wire ? [`the request could not be tried: ${wire.unseen}`] : []),
    ...proxies.flatMap(({ namespace, pod, cluster, state }) =>
      "unseen" in state ? [`Pod ${namespace}/${pod} in ${cluster} could not be asked: ${state.unseen}`] : [],
    ),
    ...istiods.flatMap(({ cluster, proxies: synced }) =>
      "unseen" in synced ? [`istiod of ${cluster} could not be asked: ${synced.unseen}`] : [],
    ),
  ];
}

function problem(code: ProblemCode, at: Place, message: Sentence, hint: Words): Problem {
  return makeProblem({ code, at, message, hint });
}

function logsOf({ cluster, namespace, pod }: ProxyEvidence): string {
  return `kubectl --context ${cluster} logs -n ${namespace} ${pod} -c istio-proxy`;
}

function describePod({ cluster, namespace, pod }: ProxyEvidence): string {
  return `kubectl --context ${cluster} describe pod -n ${namespace} ${pod}`;
}

function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((each) => {
    const key = JSON.stringify([each.code, each.at, each.message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
