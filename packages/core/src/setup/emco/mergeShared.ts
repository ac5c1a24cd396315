import type { WrittenIntent } from "../../model/index.ts";

type Shared = Extract<WrittenIntent, { kind: "SharedService" }>;

/** EMCO declares a port at a time; a Service is shared by one declaration. */
export function mergeShared(intents: readonly WrittenIntent[]): readonly WrittenIntent[] {
  const shared = new Map<string, Shared>();
  const others: WrittenIntent[] = [];
  for (const intent of intents) {
    if (intent.kind !== "SharedService") {
      others.push(intent);
      continue;
    }
    const key = `${intent.metadata.namespace}/${intent.metadata.name}`;
    const first = shared.get(key);
    shared.set(key, first === undefined ? intent : merge(first, intent));
  }
  return [...shared.values(), ...others];
}

function merge(first: Shared, second: Shared): Shared {
  const ports = [...new Set([...(first.spec.ports ?? []), ...(second.spec.ports ?? [])])].sort((a, b) => a - b);
  const consumers = [...first.spec.consumers];
  for (const consumer of second.spec.consumers) {
    if (!consumers.some((known) => JSON.stringify(known) === JSON.stringify(consumer))) consumers.push(consumer);
  }
  const isOpen = first.spec.access === undefined && second.spec.access === undefined;
  const access = isOpen ? undefined : [...rulesOf(first), ...rulesOf(second)];
  return {
    ...first,
    spec: {
      ...first.spec,
      ports,
      servedBy: [...new Set([...first.spec.servedBy, ...second.spec.servedBy])].sort(),
      consumers,
      ...(access === undefined ? {} : { access }),
    },
  };
}

/** Each rule for its own ports: what one port allows another one may not. */
function rulesOf({ spec: { access = [{}], ports = [] } }: Shared) {
  return access.map((rule) => ({ ...rule, ports: rule.ports ?? [...ports] }));
}
