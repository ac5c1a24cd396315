import type { AcrossPath } from "@isthmus/core";
import type { ProofStatus } from "@isthmus/core/verify";
import { type CertificateFacts, verifyChain } from "@isthmus/pki";
import type { GatewayAnswer } from "./callGateway.ts";

export interface CallExpectation {
  readonly path: AcrossPath;
  /** What the consumer's cluster trusts. */
  readonly roots: readonly CertificateFacts[];
  /** In whose name the call was; undefined: in nobody's, so that it had to be refused after the server showed its certificate. */
  readonly identity: string | undefined;
  /** The declaration restricts what consumers may call. */
  readonly isRestricted: boolean;
  readonly now: Date;
}

export interface Judgement {
  readonly status: ProofStatus;
  readonly detail: string;
}

/** Whether a call came to the right server, under the right identity, and was answered. */
export function judgeCall(answer: GatewayAnswer, expected: CallExpectation): Judgement {
  const chain = "chain" in answer ? answer.chain : [];
  const fault = chain.length === 0 ? undefined : serverFault(chain, expected);
  if (fault !== undefined) return { status: "broken", detail: fault };
  if (expected.identity === undefined && answer.kind === "refused" && chain.length > 0) {
    return { status: "unknown", detail: `the right server, ${shown(chain)}; without an identity it is not asked` };
  }
  switch (answer.kind) {
    case "unreachable":
      return { status: "unknown", detail: `not reachable from here: ${answer.detail}` };
    case "refused":
      return { status: "broken", detail: answer.detail };
    case "open":
      return { status: "ok", detail: `connected to ${shown(answer.chain)}` };
    case "answered": {
      const { status, server, body } = answer;
      const isEnvoy = server === "istio-envoy";
      if (status === 403 && body.startsWith("RBAC: access denied")) {
        return expected.isRestricted
          ? { status: "ok", detail: "reached, and the access rules do not cover this request (403)" }
          : { status: "broken", detail: "an AuthorizationPolicy at the server denies the call (403)" };
      }
      if (isEnvoy && [502, 503, 504].includes(status) && /^(no healthy upstream|upstream |no cluster)/.test(body)) {
        return { status: "broken", detail: `the server's sidecar does not reach its app: ${status} ${body.trim()}` };
      }
      return { status: "ok", detail: `${status} from ${shown(answer.chain)}` };
    }
  }
}

/** What must be refused was, or not. */
export function judgeRefusal(answer: GatewayAnswer): Judgement {
  switch (answer.kind) {
    case "unreachable":
      return { status: "unknown", detail: `not reachable from here: ${answer.detail}` };
    case "refused":
      return { status: "ok", detail: `refused: ${answer.detail}` };
    case "open":
      return { status: "broken", detail: "accepted: the connection stays open" };
    case "answered":
      return { status: "broken", detail: `accepted: answered with ${answer.status}` };
  }
}

function serverFault(chain: readonly CertificateFacts[], { path, roots, now }: CallExpectation): string | undefined {
  const [fault] = verifyChain({ chain, roots, at: now, usage: "serverAuth" }).faults;
  if (fault !== undefined) return `the server's certificate does not hold: ${fault.message}`;
  const names = chain[0]?.names.uri ?? [];
  if (names.some((name) => path.identities.includes(name))) return undefined;
  return `the server is ${names.join(", ") || "nobody"}, not ${path.identities.join(" or ")}`;
}

function shown(chain: readonly CertificateFacts[]): string {
  return chain[0]?.names.uri?.join(", ") ?? "a server without a certificate";
}
