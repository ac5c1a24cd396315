import type { Observed } from "../model/index.ts";
import { showUnreadable } from "../shape/index.ts";

/** What may still use what we would delete at the serving side and cannot be seen: the first of it, for people. */
export function unseenUsers({ clusters, unreachable }: Observed): string | undefined {
  const unreadable = [...clusters.values()].flatMap(({ name, unreadable = [] }) =>
    unreadable.filter(({ isOurs }) => isOurs).map((each) => `${showUnreadable(each)} of ${name} cannot be read`),
  );
  return [...[...unreachable.keys()].map((cluster) => `cluster ${cluster} cannot be read`), ...unreadable].sort()[0];
}
