import type { IncomingMessage } from "node:http";
import type { KindEntry } from "@isthmus/core";

export type Verb = "get" | "list" | "watch" | "patch" | "delete";

/** A request to a resource, taken apart. */
export interface ApiCall {
  readonly verb: Verb;
  readonly kind: KindEntry;
  /** Absent: the whole cluster's. */
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: "status";
  readonly query: URLSearchParams;
}

/** Undefined where no such resource or verb is served. */
export function parseCall(method: string, url: URL, kinds: readonly KindEntry[]): ApiCall | undefined {
  const match =
    /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))(?:\/namespaces\/([^/]+)(?=\/[^/]))?\/([^/]+)(?:\/([^/]+?)(\/status)?)?$/.exec(
      url.pathname,
    );
  if (match === null) return undefined;
  const [, coreVersion, group = "", version = coreVersion, namespace, plural, name, status] = match;
  const kind = kinds.find((entry) => entry.group === group && entry.version === version && entry.plural === plural);
  const verb = verbOf(method, url.searchParams, name !== undefined);
  if (kind === undefined || verb === undefined || (name !== undefined && kind.namespaced && namespace === undefined)) {
    return undefined;
  }
  return {
    verb,
    kind,
    query: url.searchParams,
    ...(namespace === undefined ? {} : { namespace: decodeURIComponent(namespace) }),
    ...(name === undefined ? {} : { name: decodeURIComponent(name) }),
    ...(status === undefined ? {} : { subresource: "status" }),
  };
}

function verbOf(method: string, query: URLSearchParams, isNamed: boolean): Verb | undefined {
  if (method === "GET" && isNamed) return "get";
  if (method === "GET") return /^(1|true)$/.test(query.get("watch") ?? "") ? "watch" : "list";
  if (method === "PATCH" && isNamed) return "patch";
  if (method === "DELETE" && isNamed) return "delete";
  return undefined;
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
