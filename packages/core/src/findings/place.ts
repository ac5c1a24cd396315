import type { ClusterObject } from "../kinds/index.ts";

/**
 * Where something is wrong:
 * - in a file, where it was read from one: `file`, and `line` and `column` of YAML;
 * - in a declaration (`kind`, `namespace`, `name` without `cluster`) or an object of a cluster, at `field`;
 * - in a cluster as a whole (`cluster` alone), or at something else that has a name (`thing`): an address, a certificate's subject.
 *
 * Nothing at all: the command line.
 */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly cluster?: string;
  /** Or the resource, `serviceentries.networking.istio.io`, where a call was about that. */
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly field?: string;
  readonly thing?: string;
}

/** A place in a file that was read. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `mesh.yaml:12:3`, `SharedService bar/httpbin spec.servedBy`, `cluster2: Pod foo/sleep`, for people. */
export function showPlace({ file, line, column, cluster, kind, namespace, name, field, thing }: Place): string {
  if (file !== undefined) return line === undefined ? shownName(file) : `${shownName(file)}:${line}:${column ?? 1}`;
  const path = [namespace, name].filter((part) => part !== undefined).join("/");
  const within = [thing, kind, path, field].filter((part) => part !== undefined && part !== "").join(" ");
  return [cluster, within].filter((part) => part !== undefined && part !== "").join(": ");
}

/** A name of a file or of an archive's entry may hold line ends and control characters, which would look like lines of ours. */
function shownName(file: string): string {
  return file.replaceAll(/\p{Cc}/gu, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}

/** An object of a cluster as a place. */
export function objectPlace(cluster: string, { kind, namespace, name }: Omit<ClusterObject, "cluster">): Place {
  return { cluster, kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** What somebody calls the thing that is wrong; nowhere where it has no name. */
export function thingPlace(thing: string): Place {
  return thing === "" ? {} : { thing };
}
