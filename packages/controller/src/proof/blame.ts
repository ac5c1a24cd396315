import { objectPlace, showPlace } from "@isthmus/core";
import type { Trace } from "@isthmus/core/trace";
import type { Target } from "@isthmus/engine";

/** What breaks a path, with the field and whose write it was, for people. Never throws: who wrote may be kept from us. */
export async function blame(
  { blamed }: Trace,
  targets: ReadonlyMap<string, Target>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (blamed === undefined) return undefined;
  const { object, field, detail } = blamed;
  if (object === undefined) return detail;
  const { cluster } = object;
  const writer = await targets
    .get(cluster)
    ?.lastWriter?.(object, { signal })
    .catch(() => undefined);
  const by = writer === undefined ? "" : `, last written by ${writer.manager} at ${writer.time}`;
  return `${detail} (${showPlace({ ...objectPlace(cluster, object), ...(field !== undefined && { field }) })}${by})`;
}
