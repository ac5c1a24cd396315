import { type DeclaredPath, showHostPort } from "@isthmus/core";
import type { PathTrace } from "@isthmus/core/trace";

export interface PathNews {
  readonly type: "broken" | "healed";
  readonly traced: PathTrace;
}

/** Which declared paths worked when that could last be told: nothing is reported while it cannot. */
export class PathVerdicts {
  #works = new Map<string, boolean>();
  /** Those that worked once and do not now. */
  readonly #broken = new Set<string>();
  #before: readonly PathTrace[] = [];

  /** What of the paths is another than it last was. One that comes to be, and does not work yet, was not broken by anybody. */
  after(traces: readonly PathTrace[]): readonly PathNews[] {
    const news: PathNews[] = [];
    for (const [index, traced] of traces.entries()) {
      const { verdict } = traced.trace;
      if (traced === this.#before[index] || verdict === "unknown") continue;
      const name = nameOfPath(traced.path);
      const works = verdict === "reaches";
      if (!works && this.#works.get(name) === true) {
        this.#broken.add(name);
        news.push({ type: "broken", traced });
      }
      if (works && this.#broken.delete(name)) news.push({ type: "healed", traced });
      this.#works.set(name, works);
    }
    this.#before = traces;
    this.#forget(traces);
    return news;
  }

  /** Paths that nobody declares any longer. */
  #forget(traces: readonly PathTrace[]): void {
    if (this.#works.size <= traces.length) return;
    const names = new Set(traces.map(({ path }) => nameOfPath(path)));
    this.#works = new Map([...this.#works].filter(([name]) => names.has(name)));
    for (const name of this.#broken) if (!names.has(name)) this.#broken.delete(name);
  }
}

/** `httpbin.bar.cluster2:8000 for cluster1/foo` */
export function nameOfPath(path: DeclaredPath): string {
  const name = showHostPort(path.host, path.port);
  if (path.direction === "in") return `${name} at ${path.server.cluster}`;
  return `${name} for ${path.consumer.cluster}/${path.consumer.namespace}`;
}
