import type { Session } from "../http/session.ts";
import { KubeError } from "../kubeError.ts";

export async function readVersion(session: Session, signal: AbortSignal | undefined): Promise<string> {
  const { body } = await askVersion(session, signal);
  const { gitVersion }: { readonly gitVersion: string } = JSON.parse(body);
  return gitVersion;
}

export async function readClock(session: Session, signal: AbortSignal | undefined): Promise<number | undefined> {
  const { date = "" } = await askVersion(session, signal);
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}

function askVersion(session: Session, signal: AbortSignal | undefined) {
  const call = { verb: "get", resource: "/version" } as const;
  return session.send({ call, method: "GET", path: "/version", signal });
}

export async function readServed(
  session: Session,
  group: string,
  version: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const { body } = await session.send({ call: { verb: "get", resource: path }, method: "GET", path, signal });
    const { resources }: { readonly resources: readonly { readonly name: string }[] } = JSON.parse(body);
    // `pods/exec` is no resource of its own.
    return resources.flatMap(({ name }) => (name.includes("/") ? [] : [name]));
  } catch (failure) {
    if (failure instanceof KubeError && failure.status === 404) return [];
    throw failure;
  }
}
