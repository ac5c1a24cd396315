import { type ClusterObject, objectPlace, showPlace } from "@isthmus/core";
import type { Trace } from "@isthmus/core/trace";
import type { Target, Writer } from "@isthmus/engine";
import { withDeadline } from "@isthmus/kube";

/** Milliseconds that members get at most to say who wrote: what is broken is told in any case. */
const patience = 1_000;

/** Objects that are asked about at once: of more nobody reads who wrote them. */
const most = 16;

/** Whose writes of objects were the last ones, as far as it was asked since they broke something. */
export class Blames {
  #writers: ReadonlyMap<string, Writer | undefined> = new Map();

  /** Asks about what these traces blame and is not known yet, and forgets the rest. Never throws: who wrote may be kept from us. */
  async learn(traces: readonly Trace[], targets: ReadonlyMap<string, Target>, signal: AbortSignal): Promise<void> {
    const objects = new Map(
      traces.flatMap(({ blamed }) => (blamed?.object ? [[keyOf(blamed.object), blamed.object]] : [])),
    );
    const known = new Map([...this.#writers].filter(([key]) => objects.has(key)));
    const asked = [...objects].filter(([key]) => !known.has(key)).slice(0, most);
    const ask = async ([key, object]: readonly [string, ClusterObject], own: AbortSignal) => {
      known.set(key, await targets.get(object.cluster)?.lastWriter?.(object, { signal: own }));
    };
    await withDeadline(patience, signal, (own) => Promise.allSettled(asked.map((each) => ask(each, own)))).catch(
      () => {},
    );
    this.#writers = known;
  }

  /** What breaks a path, with the object, the field, and whose write that was, for people. */
  textOf({ blamed }: Trace): string | undefined {
    if (blamed?.object === undefined) return blamed?.detail;
    const { object, field, detail } = blamed;
    const place = showPlace({ ...objectPlace(object.cluster, object), ...(field !== undefined && { field }) });
    const writer = this.#writers.get(keyOf(object));
    return `${detail} (${place}${writer === undefined ? "" : `, last written by ${writer.manager} at ${writer.time}`})`;
  }
}

function keyOf({ cluster, kind, namespace = "", name }: ClusterObject): string {
  return `${cluster} ${kind} ${namespace}/${name}`;
}
