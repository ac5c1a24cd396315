import { say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import { hostSchema } from "../resource.ts";
import type { Mesh } from "./mesh.ts";
import type { SignerConfig } from "./meshCa.ts";

const placeholders = ["service", "namespace", "cluster"];

/** Templates that cannot yield a host name of its own for each service. Equal hosts of two services are found when compiled. */
export function checkMesh(mesh: Mesh): readonly Problem[] {
  return [
    ...checkTemplate(mesh, "perCluster", ["service", "cluster"], placeholders),
    ...checkTemplate(mesh, "mesh", ["service"], ["service", "namespace"]),
    ...checkSigner(mesh, ["signer"], mesh.spec.ca.signer),
    ...checkSigner(mesh, ["external", "signer"], mesh.spec.ca.external.signer),
  ];
}

function checkSigner(mesh: Mesh, path: readonly string[], signer: SignerConfig): readonly Problem[] {
  const named = Object.keys(signer);
  if (named.length === 1) return [];
  return [
    makeProblem({
      code: "FIELD_INVALID",
      at: at(mesh, "spec", "ca", ...path),
      message: say`spec.ca.${{ path: path.join(".") }} must have one of file, certManager and exec, and has ${named.join(" and ") || "none"}`,
      hint: "",
    }),
  ];
}

function checkTemplate(
  mesh: Mesh,
  field: "perCluster" | "mesh",
  required: readonly string[],
  allowed: readonly string[],
): readonly Problem[] {
  const template = mesh.spec.names[field];
  const used = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = ""]) => name);
  const lacking = required.filter((name) => !used.includes(name));
  const unknown = used.filter((name) => !allowed.includes(name));
  const faults = [
    ...lacking.map((name) => `lacks {${name}}`),
    ...unknown.map((name) => `has {${name}}, which stands for nothing there`),
  ];
  const sample = template.replace(/\{[^{}]*\}/g, "a");
  if (faults.length === 0 && !hostSchema.safeParse(sample).success) faults.push("yields no valid host name");
  return faults.map((fault) =>
    makeProblem({
      code: "NAME_TEMPLATE_INVALID",
      at: at(mesh, "spec", "names", field),
      message: say`the template ${{ template }} ${{ fault }}`,
      hint: say`its placeholders are ${{ allowed: allowed.map((name) => `{${name}}`) }}; ${required.map((name) => `{${name}}`).join(" and ")} must be there`,
    }),
  );
}
