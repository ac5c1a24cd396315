import { say } from "../findings/index.ts";
import type { Problem, ProblemCode } from "../problem.ts";
import { makeProblem } from "../problem.ts";
import { type Check, judged } from "./check.ts";

/** What other checks tell already, cluster by cluster. */
const toldElsewhere: ReadonlySet<ProblemCode> = new Set([
  "CLUSTER_UNREACHABLE",
  "CLUSTER_UNAUTHORIZED",
  "CLUSTER_CERTIFICATE",
  "CLUSTER_FORBIDDEN",
  "KUBECONFIG_INVALID",
  "KIND_NOT_INSTALLED",
  "DIRECTORY_INVALID",
  "TRUST_ROOTS_DIFFER",
  "TRUST_ROOT_UNKNOWN",
  "GATEWAY_MISSING",
  "GATEWAY_NO_ADDRESS",
  "GATEWAY_PORT_MISSING",
  "VIP_POOL_INVALID",
]);

/** Group and others must not even read it: the passphrase is the only other thing between them and the key. */
const foreignBits = 0o077;

export const declarationChecks: readonly Check[] = [
  {
    scope: "mesh",
    name: "declarations",
    category: "declarations",
    title: "what is declared fits what the clusters hold",
    needs: [],
    run: ({ intents, problems }) => {
      const declared =
        intents.sharedServices.length + intents.externalAccesses.length + intents.externalServices.length;
      const found = problems.filter(({ code }) => !toldElsewhere.has(code));
      if (found.length === 0 && declared === 0) return { skipped: "nothing is declared yet" };
      return judged(found, `${declared} declared`);
    },
  },
  {
    scope: "mesh",
    name: "ca-key-files",
    category: "trust",
    title: "nobody else may read the CA's key files here",
    needs: [],
    run: ({ keyFiles }) => {
      if (keyFiles.length === 0) return { skipped: "there is none in this folder or ca/" };
      const problems = keyFiles
        .filter(({ mode }) => (mode & foreignBits) !== 0)
        .map(
          ({ path, mode }): Problem =>
            makeProblem({
              code: "CA_KEY_FILE_EXPOSED",
              at: { file: path },
              message: say`others may read or write the key file ${{ path }} (mode ${(mode & 0o777).toString(8).padStart(4, "0")})`,
              hint: say`chmod 600 ${{ path }}`,
            }),
        );
      return judged(problems, keyFiles.map(({ path }) => path).join(", "));
    },
  },
];
