import type { Action } from "./action.ts";

/**
 * For each owner the owners' group whose actions wait for each other's phases. An owner is a group of its own, unless an
 * object passes from one to another: then the former owner's server side must not go before the new owner's is there.
 */
export function ownerGroups(actions: readonly Pick<Action, "owner" | "formerOwner">[]): (owner: string) => string {
  const parents = new Map<string, string>();
  const root = (owner: string): string => {
    let current = owner;
    for (let parent = parents.get(current); parent !== undefined; parent = parents.get(current)) current = parent;
    return current;
  };
  for (const { owner, formerOwner } of actions) {
    if (formerOwner === undefined) continue;
    const [first, second] = [root(owner), root(formerOwner)];
    if (first !== second) parents.set(first < second ? second : first, first < second ? first : second);
  }
  return root;
}
