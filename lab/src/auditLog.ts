import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";

/** A write that an API server was asked for. */
export interface ApiWrite {
  readonly at: Date;
  readonly userAgent: string;
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
}

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly userAgent?: string;
  readonly requestReceivedTimestamp: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

export interface WriteFilter {
  readonly since?: Date;
  /** The user agent up to a slash, space or its end. */
  readonly userAgent?: string;
}

/** The writes of one program, `isthmus` unless told, in order. Reads are not recorded. */
export async function readWrites(cluster: Cluster, filter: WriteFilter = {}): Promise<ApiWrite[]> {
  const { since = new Date(0), userAgent = "isthmus" } = filter;
  const text = await readFile(join(cluster.directory, "audit.log"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter((event) => event.stage === "ResponseComplete" || event.stage === "Panic")
    .map(toWrite)
    .filter((write) => write.at >= since && write.userAgent.split(/[/ ]/)[0] === userAgent)
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function toWrite(event: AuditEvent): ApiWrite {
  const { resource = "", subresource, namespace = "", name = "" } = event.objectRef ?? {};
  return {
    at: new Date(event.requestReceivedTimestamp),
    userAgent: event.userAgent ?? "",
    verb: event.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: event.responseStatus?.code ?? 0,
  };
}
