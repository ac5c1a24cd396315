import { fields, list, text } from "@isthmus/core/shape";
import type { Session } from "../http/session.ts";
import { KubeError } from "../kubeError.ts";

const versionRequest = { call: { verb: "get", resource: "/version" }, method: "GET", path: "/version" } as const;
const versionShape = fields({ gitVersion: text }, ["gitVersion"]);
const resourcesShape = fields({ resources: list(fields({ name: text }, ["name"])) }, ["resources"]);

export async function readVersion(session: Session, signal: AbortSignal | undefined): Promise<string> {
  const { value } = await session.json({ ...versionRequest, signal }, versionShape);
  return (value as { readonly gitVersion: string }).gitVersion;
}

export async function readClock(session: Session, signal: AbortSignal | undefined): Promise<number | undefined> {
  const { date = "" } = await session.send({ ...versionRequest, signal });
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}

export async function readServed(
  session: Session,
  group: string,
  version: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const request = { call: { verb: "get", resource: path }, method: "GET", path, signal } as const;
    const { value } = await session.json(request, resourcesShape);
    const { resources } = value as { readonly resources: readonly { readonly name: string }[] };
    // `pods/exec` is not a resource of its own.
    return resources.flatMap(({ name }) => (name.includes("/") ? [] : [name]));
  } catch (failure) {
    if (failure instanceof KubeError && failure.status === 404) return [];
    throw failure;
  }
}
