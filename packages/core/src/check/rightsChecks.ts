import { say } from "../findings/index.ts";
import type { ProblemCode } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, ofApiServer, type Verdict } from "./check.ts";
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
    run: ofApiServer(({ rights }, { name }) => {
      const asked = rights.filter(({ purpose }) => purpose === "write");
      if (asked.length === 0) return { skipped: "not asked for (--read-only)" };
      return lacking(name, asked, { code: "WRITE_FORBIDDEN", option: "" });
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
