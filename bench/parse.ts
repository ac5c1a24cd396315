import { parseIntents } from "@isthmus/core";
import { parseAllDocuments } from "yaml";
import { median } from "./median.ts";

export interface ParseTimes {
  readonly services: number;
  readonly ms: number;
  readonly ratio: number;
}

export function measureParse(services: number): ParseTimes {
  const clusters = Array.from(
    { length: 10 },
    (_, index) => `apiVersion: isthmus.io/v1alpha1\nkind: MeshCluster\nmetadata: {name: cluster${index}}\n`,
  );
  const shared = Array.from(
    { length: services },
    (_, index) => `apiVersion: isthmus.io/v1alpha1
kind: SharedService
metadata:
  name: service${index}
  namespace: tenant
spec:
  servedBy: [cluster${index % 10}]
  consumers:
    - clusters: [cluster0, cluster1]
      namespaces: [client]
`,
  );
  const text = [...clusters, ...shared].join("---\n");
  const { problems } = parseIntents([{ name: "mesh.yaml", text }]);
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  const ms = median(5, () => parseIntents([{ name: "mesh.yaml", text }]));
  const library = median(5, () => parseAllDocuments(text).map((document) => document.toJS()));
  return { services, ms: Math.round(ms), ratio: Number((ms / library).toFixed(2)) };
}
