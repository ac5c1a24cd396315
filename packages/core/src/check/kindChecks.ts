import { say } from "../findings/index.ts";
import { catalog } from "../kinds/index.ts";
import { makeProblem } from "../problem.ts";
import { type Check, ofApiServer } from "./check.ts";

export const kindChecks: readonly Check[] = [
  {
    scope: "cluster",
    name: "kinds-served",
    category: "kinds",
    title: "Istio's kinds are installed",
    needs: ["api-reachable"],
    run: ofApiServer(({ served }, { name }) => {
      const istio = catalog.filter(({ group, read }) => group !== "" && read === "needed");
      const missing = istio.map(({ group, plural }) => `${plural}.${group}`).filter((each) => !served.includes(each));
      if (missing.length === 0) return { ok: `${istio.length} kinds of ${istio[0]?.version}` };
      return {
        problems: [
          makeProblem({
            code: "KIND_NOT_INSTALLED",
            at: { cluster: name },
            message: say`cluster ${{ name }}: the API server does not serve ${{ missing }}`,
            hint: "install Istio 1.22 or later, or its CRDs: istioctl install, or the Helm chart istio/base",
          }),
        ],
      };
    }),
  },
  {
    scope: "cluster",
    name: "objects-read",
    category: "kinds",
    title: "the cluster's objects can be read",
    needs: ["api-reachable", "rights-read", "kinds-served"],
    run: ({ observed }) =>
      "problem" in observed ? { problems: [observed.problem] } : { ok: `${observed.value.objects.length} objects` },
  },
];
