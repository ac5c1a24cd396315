import { say } from "../../findings/index.ts";
import { type Bypass, virtualAddress, workloadObject } from "../../istio/index.ts";
import type { NamedAddress } from "../../istio/registry/index.ts";
import type { ClientStep } from "../attempt.ts";
import { broken, passed } from "../hop.ts";
import { direct } from "./direct.ts";
import { ended, showAddress, type Walk } from "./walk.ts";

/** The connection goes past the caller's sidecar: to what really has the address, if anything does. */
export function bypassed(walk: Walk, address: NamedAddress, { field, why }: Bypass): readonly ClientStep[] {
  const { cluster, caller, request } = walk;
  const object = workloadObject(caller);
  const base = {
    name: "listener",
    cluster: cluster.name,
    object,
    field,
    source: "tools/istio-iptables/pkg/capture/run.go",
  } as const;
  const where = `${showAddress(address)}:${request.url.port}`;
  const virtual = address.workload === undefined ? virtualAddress(cluster, address.address) : undefined;
  if (virtual === undefined) {
    const hop = passed({ ...base, detail: `${where} goes around the sidecar: ${why}` });
    return direct({ ...walk, hops: [...walk.hops, hop] }, address, "no");
  }
  const hop = broken({
    ...base,
    code: "TRACE_SIDECAR_BYPASSED",
    detail: say`the call goes around the sidecar (${why}), and ${where} is ${{ virtual }}: nothing but a sidecar leads on from there`,
    fix: say`Let the sidecar of ${{ object }} take calls to ${where}: correct ${{ field }}, and restart its pods.`,
  });
  return [ended(walk, hop, { kind: "timeout" })];
}
