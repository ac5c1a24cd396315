import { bypass, isIn, workloadObject } from "../../istio/index.ts";
import type { MeshService, NamedAddress } from "../../istio/registry/index.ts";
import { proxyScope } from "../../istio/scope/index.ts";
import type { ClientStep } from "../attempt.ts";
import { unfollowedChange } from "../extensions/unfollowedChange.ts";
import { inAmbient } from "../gatewayApi/ambient.ts";
import { broken, passed, unsure } from "../hop.ts";
import { pathSource, takePath } from "../takePath.ts";
import { bypassed } from "./bypassed.ts";
import { direct } from "./direct.ts";
import { takenBy } from "./outboundListener.ts";
import { throughHttp } from "./throughHttp.ts";
import { throughTcp } from "./throughTcp.ts";
import { unmatched } from "./unmatched.ts";
import { ended, showAddress, type Walk } from "./walk.ts";
import { wrongListener } from "./wrongDestination.ts";

const captureSource = "tools/istio-iptables/pkg/capture/run.go";

/** The client opens its connection. */
export function dial(walk: Walk, address: NamedAddress, service: MeshService | undefined): readonly ClientStep[] {
  const { cluster, caller, request, payload } = walk;
  const { port } = request.url;
  const ambient = inAmbient(cluster, caller, "client");
  if (ambient !== undefined) return [ended(walk, ambient, { kind: "unknown", why: ambient.detail })];
  if (isLoopback(address.address)) {
    const detail = `${address.address} is the caller's own pod: what listens there is not looked into`;
    const own = unsure({
      name: "connection",
      cluster: cluster.name,
      object: workloadObject(caller),
      detail,
      source: captureSource,
    });
    return [ended(walk, own, { kind: "unknown", why: detail })];
  }
  if (caller.proxy !== "sidecar") return direct(walk, address, "no");
  const around = bypass(caller, address.address, port);
  if (around !== undefined) return bypassed(walk, address, around);
  const change = unfollowedChange(
    { cluster, workload: caller, context: "SIDECAR_OUTBOUND", port, isHttp: payload.kind === "http" },
    "listener",
  );
  if (change !== undefined) return [ended(walk, change, { kind: "unknown", why: change.detail })];
  const scope = proxyScope(cluster, caller);
  const { chain, bind } = takenBy(scope, caller, { address, port, payload });
  const where = bind === undefined ? `no listener takes ${showAddress(address)}:${port}` : `listener ${bind}_${port}`;
  if (chain === undefined) return unmatched(walk, address, { scope, service, isHttp: false, detail: where });
  const wrong = chain.kind === "tcp" ? wrongListener(walk, { address, service, chain, where }) : undefined;
  const hop =
    wrong ??
    passed({
      name: "listener",
      cluster: cluster.name,
      detail: `${where}, ${chain.kind === "http" ? "HTTP" : `TCP to ${chain.service.host}`}`,
      source: "pilot/pkg/networking/core/listener.go",
    });
  const onward = { ...walk, hops: [...walk.hops, hop] };
  if (chain.kind === "tcp") return throughTcp(onward, address, { chain, scope });
  if (payload.kind !== "http") return unmatched(onward, address, { scope, service, isHttp: false, detail: where });
  const taken = takePath(cluster, caller, payload);
  const base = { name: "listener", cluster: cluster.name, source: pathSource } as const;
  switch (taken.kind) {
    case "refused": {
      const { detail, fix, status } = taken;
      return [ended(onward, broken({ ...base, code: "TRACE_PATH_REFUSED", detail, fix }), { kind: "refused", status })];
    }
    case "redirected": {
      const { detail, status } = taken;
      return [ended(onward, passed({ ...base, detail }), { kind: "answered", by: { type: "proxy" }, status })];
    }
    case "goes on": {
      const { http, detail } = taken;
      const changed = detail === undefined ? [] : [passed({ ...base, detail })];
      const on = { ...onward, payload: http, hops: [...onward.hops, ...changed] };
      return throughHttp(on, address, { chain, scope, service, http });
    }
  }
}

/** Written in decimal another address shows at once; octal, hexadecimal and short forms are parsed, which is slow for each path. */
function isLoopback(address: string): boolean {
  if (address === "::1") return true;
  const isOther = /^[1-9]\d*\.\d/.test(address) && !address.startsWith("127.");
  return !isOther && isIn("127.0.0.0/8", address);
}
