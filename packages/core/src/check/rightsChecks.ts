import { say } from "../findings/index.ts";
import { groupOf, isOurs, kindEntry } from "../kinds/index.ts";
import { demandsOn } from "../model/index.ts";
import type { ProblemCode } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, type ClusterView, type MeshView, ofApiServer, type Verdict } from "./check.ts";
import type { AnsweredRight } from "./checkInput.ts";

export const rightsChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "rights-read",
    category: "rights",
    title: "we may read what plan and verify need",
    needs: ["api-reachable"],
    run: ofApiServer(({ rights }, { name }) =>
      lacking(
        name,
        rights.filter(({ purpose, needed }) => purpose === "observe" && needed),
        { code: "CLUSTER_FORBIDDEN", option: "--read-only" },
      ),
    ),
  },
  {
    scope: "cluster",
    name: "rights-write",
    category: "rights",
    title: "we may write what apply needs",
    needs: ["api-reachable"],
    run: ofApiServer(({ rights }, view, mesh) => {
      const writes = rights.filter(({ purpose }) => purpose === "write");
      if (writes.length === 0) return { skipped: "not asked for (--read-only)" };
      const { declared, left } = neededWrites(writes, view, mesh);
      const mayRemove = left.every(({ allowed }) => allowed);
      return lacking(view.name, [...declared, ...left], {
        code: "WRITE_FORBIDDEN",
        option: mayRemove ? "" : "--all-kinds",
      });
    }),
  },
  {
    scope: "cluster",
    name: "rights-optional",
    category: "rights",
    title: "we may read what these checks need",
    needs: ["api-reachable"],
    run: ofApiServer(({ rights }, { name }) =>
      lacking(
        name,
        rights.filter(({ purpose, needed }) => purpose === "check" || (purpose === "observe" && !needed)),
        { code: "RIGHTS_PARTIAL", option: "--read-only" },
      ),
    ),
  },
];

/** What the declarations ask for, and what removes objects of ours that none asks for any longer. */
function neededWrites(
  writes: readonly AnsweredRight[],
  { declared, cluster }: ClusterView,
  { intents }: MeshView,
): { readonly declared: readonly AnsweredRight[]; readonly left: readonly AnsweredRight[] } {
  const demands = demandsOn(declared, intents);
  const ours = new Set(
    cluster?.objects.filter(isOurs).map(({ apiVersion, kind }) => kindEntry(groupOf(apiVersion), kind)),
  );
  const isDemanded = ({ demand }: AnsweredRight) => demand === undefined || demands.has(demand);
  const isLeft = ({ verb, group, resource }: AnsweredRight) =>
    (verb === "get" || verb === "delete") &&
    [...ours].some((entry) => entry?.group === group && entry.plural === resource);
  return {
    declared: writes.filter(isDemanded),
    left: writes.filter((right) => !isDemanded(right) && isLeft(right)),
  };
}

interface Lack {
  readonly code: ProblemCode;
  readonly option: string;
}

function lacking(cluster: string, rights: readonly AnsweredRight[], { code, option }: Lack): Verdict {
  const denied = rights.filter(({ allowed }) => !allowed);
  if (denied.length === 0) return { ok: `${rights.length} rights` };
  return {
    problems: [
      makeProblem({
        code,
        at: { cluster },
        message: say`${{ cluster }}: we may not ${listed(denied)}`,
        hint: `isthmus rbac ${[cluster, option].join(" ").trim()} prints the roles for it`,
      }),
    ],
  };
}

/** `create, patch services; list pods in istio-system` */
function listed(rights: readonly AnsweredRight[]): string {
  const byResource = new Map<string, string[]>();
  for (const { verb, group, resource, namespace, name } of rights) {
    const object = `${resource}${group === "" ? "" : `.${group}`}${name === undefined ? "" : ` ${name}`}`;
    const key = namespace === undefined ? object : `${object} in ${namespace}`;
    byResource.set(key, [...(byResource.get(key) ?? []), verb]);
  }
  return [...byResource].map(([object, verbs]) => `${verbs.join(", ")} ${object}`).join("; ");
}
