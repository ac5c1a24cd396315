import type { Problem } from "../problem.ts";
import { checkAccess } from "./checkAccess.ts";
import { checkTrafficPolicy } from "./checkTrafficPolicy.ts";
import { at } from "./intents.ts";
import type { MeshCluster } from "./meshCluster.ts";
import { selectClusters } from "./selectClusters.ts";
import type { SharedService } from "./sharedService.ts";

/** Weights and rules of a shared service that contradict its other fields. */
export function checkSharedService(service: SharedService, clusters: readonly MeshCluster[]): readonly Problem[] {
  return [
    ...checkSplit(service, clusters),
    ...checkTrafficPolicy(service),
    ...checkAccessPorts(service),
    ...checkAccess(service),
  ];
}

function checkSplit(service: SharedService, clusters: readonly MeshCluster[]): readonly Problem[] {
  const split = service.spec.traffic?.split;
  if (split === undefined) return [];
  const problems: Problem[] = [];
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  if (total !== 100) {
    problems.push({
      code: "FIELD_INVALID",
      at: at(service, "spec", "traffic", "split"),
      message: `the weights of spec.traffic.split sum to ${total}, not to 100`,
      hint: "",
    });
  }
  const declared = new Set(clusters.map(({ metadata }) => metadata.name));
  const serving = new Set(selectClusters(service.spec.servedBy, clusters).map(({ metadata }) => metadata.name));
  const seen = new Set<string>();
  for (const [index, { cluster, labels = {} }] of split.entries()) {
    const place = at(service, "spec", "traffic", "split", index, "cluster");
    const key = JSON.stringify([cluster, Object.entries(labels).sort()]);
    if (seen.has(key)) {
      const message = `spec.traffic.split[${index}] repeats ${cluster} with the same labels`;
      problems.push({ code: "FIELD_INVALID", at: place, message, hint: "write one entry with the sum of the weights" });
    }
    seen.add(key);
    if (declared.has(cluster) && !serving.has(cluster) && !service.spec.servedBy.includes(cluster)) {
      const message = `spec.traffic.split sends calls to ${cluster}, which spec.servedBy does not list`;
      problems.push({ code: "FIELD_INVALID", at: place, message, hint: `add ${cluster} to spec.servedBy` });
    }
  }
  return problems;
}

function checkAccessPorts({ spec, ...rest }: SharedService): readonly Problem[] {
  const shared = spec.ports;
  if (shared === undefined) return [];
  return (spec.access ?? []).flatMap(({ ports = [] }, rule) =>
    ports.flatMap((port, index) => {
      if (shared.includes(port)) return [];
      const place = at({ spec, ...rest }, "spec", "access", rule, "ports", index);
      const message = `spec.access[${rule}] opens port ${port}, which spec.ports does not share`;
      return [{ code: "FIELD_INVALID", at: place, message, hint: `add ${port} to spec.ports` } as const];
    }),
  );
}
