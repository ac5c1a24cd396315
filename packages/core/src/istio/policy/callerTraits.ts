import type { AuthorizationPolicy } from "../../kinds/index.ts";
import type { IstioCluster } from "../istioCluster.ts";
import { memoisedBy } from "../memoised.ts";
import type { Workload } from "../workload.ts";
import type { Caller } from "./caller.ts";
import type { RuleContext } from "./connectionFacts.ts";
import { valuesOfSource } from "./matchRule.ts";
import { policiesOf } from "./policiesOf.ts";
import { type Condition, whenCondition } from "./policyConditions.ts";

/** What of a caller a policy may ask about. */
export interface AskedCaller {
  readonly caller: Caller;
  readonly address: string | undefined;
}

/**
 * All that the policies of a workload ask of a caller, with the answers: callers with equal traits are treated alike, whatever their
 * request is. Asked of one object for each caller, since what conditions make of a caller is kept by it.
 */
export function callerTraits(cluster: IstioCluster, workload: Workload, asked: AskedCaller): string {
  let traits = "";
  for (const { asking, values } of valuesAsked(cluster, workload)) {
    const condition = conditionFor(asked, asking);
    for (const value of values) traits += condition === undefined ? "-" : letters[`${condition.matches(value)}`];
  }
  return traits;
}

const letters = { true: "y", false: "n", unknown: "?", unusable: "-" } as const;

/** A key that policies of a namespace have a condition for. */
interface Asking extends Omit<RuleContext, "facts"> {
  readonly key: string;
}

const valuesAsked = memoisedBy((cluster: IstioCluster, workload: Workload) =>
  policiesOf(cluster, "AuthorizationPolicy", workload).flatMap((policy) =>
    (policy.spec.rules ?? []).flatMap(({ from = [], when = [] }) =>
      [...from.flatMap(({ source }) => valuesOfSource(source ?? {})), ...when].flatMap(
        ({ key, values = [], notValues = [] }) => {
          const all = [...values, ...notValues];
          return all.length === 0 ? [] : [{ asking: askingBy(cluster, { key, policy, workload }), values: all }];
        },
      ),
    ),
  ),
);

/** Of a policy nothing but its namespace counts for a caller, so that one stands for all that are there. */
function askingBy(
  cluster: IstioCluster,
  {
    key,
    policy,
    workload,
  }: { readonly key: string; readonly policy: AuthorizationPolicy; readonly workload: Workload },
): Asking {
  const all = askings(cluster, policy.metadata.namespace ?? "default");
  const name = `${workload.proxy} ${key}`;
  const found = all.get(name) ?? { key, policy, mesh: cluster.settings, workload };
  all.set(name, found);
  return found;
}

const askings = memoisedBy((_: IstioCluster, __: string) => new Map<string, Asking>());

const conditionFor = memoisedBy(({ caller, address }: AskedCaller, { key, ...asking }: Asking): Condition | undefined =>
  whenCondition(key, {
    ...asking,
    facts: {
      protocol: "http",
      caller,
      sourceAddress: address,
      destinationAddress: undefined,
      destinationPort: undefined,
      sni: "",
      http: "any",
    },
  }),
);
