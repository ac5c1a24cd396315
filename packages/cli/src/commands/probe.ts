import { type AcrossPath, type DeclaredPath, hasErrors, MeshError } from "@isthmus/core";
import { caIdentity, type Probe, type ProbeOptions, probePaths } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { openDeclaredCa } from "../openDeclaredCa.ts";
import { type PassphraseOptions, passphrases } from "../passphrase.ts";
import { reachOf } from "../reachOf.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderProbes } from "../render/probes.ts";
import type { Session } from "../session.ts";
import { type MeshNow, withMesh } from "../withMesh.ts";

export interface ProbeCommandOptions extends PassphraseOptions {
  readonly identity: "istiod" | "ca" | "none";
  readonly fromPod?: boolean;
  /** Add a container of `image` to a pod whose app's has no curl. */
  readonly ephemeralContainer?: boolean;
  readonly image: string;
  readonly negatives: boolean;
  readonly count?: number;
  readonly benchmark?: boolean;
  /** Milliseconds for one call. */
  readonly wait: number;
}

const benchmarkCalls = 200;

/** Tries the declared paths on the wire, and what must be refused. */
export async function probe(
  session: Session,
  services: readonly string[],
  options: ProbeCommandOptions,
): Promise<number> {
  return withMesh(session, await readDeclarations(session), {}, async (mesh) => {
    const probes = await runProbes(session, mesh, services, options);
    if (session.format === undefined) session.print(renderProbes(probes, session.out));
    else session.printData({ probes, problems: mesh.problems });
    noteAdded(session, probes);
    session.report(mesh.problems);
    return codeOf(probes, hasErrors(mesh.problems));
  });
}

/** The probes of the paths to these services (`httpbin.bar`, or a name under which it is called), or of all. */
export async function runProbes(
  session: Session,
  mesh: MeshNow,
  services: readonly string[],
  options: ProbeCommandOptions,
): Promise<readonly Probe[]> {
  const paths = pathsTo(mesh.compiled.paths, services);
  const { identity } = options;
  if (identity !== "ca") return run(identity);
  const ca = await openDeclaredCa(session, mesh, passphrases(session, options));
  try {
    // A wrong passphrase ends it before anything is tried.
    await ca.signer("mesh");
    return await run((name) => caIdentity(ca, name));
  } finally {
    await ca.close();
  }

  function run(identity: ProbeOptions["identity"]): Promise<readonly Probe[]> {
    const tried = `${paths.length} ${paths.length === 1 ? "path" : "paths"}`;
    session.note(session.err.faint(`Trying ${tried} on the wire …\n`));
    return probePaths(paths, {
      intents: mesh.intents,
      observed: mesh.observed,
      reach: reachOf(mesh.targets),
      identity,
      fromPods: options.fromPod === true,
      ...(options.ephemeralContainer === true ? { spareImage: options.image } : {}),
      negatives: options.negatives && options.benchmark !== true,
      calls: options.count ?? (options.benchmark === true ? benchmarkCalls : 1),
      timeout: options.wait,
      now: () => new Date(),
      signal: session.signal,
    });
  }
}

function noteAdded(session: Session, probes: readonly Probe[]): void {
  const added = probes.flatMap(({ at, container }) =>
    container?.added === true ? [`${container.name} to ${at}`] : [],
  );
  for (const each of new Set(added)) {
    session.note(`Added container ${each}: it ends after an hour, and stays in the pod's list until the pod ends.\n`);
  }
}

function pathsTo(declared: readonly DeclaredPath[], services: readonly string[]): readonly AcrossPath[] {
  const paths = declared.filter((path): path is AcrossPath => path.direction === "across");
  const isTo = (path: AcrossPath, service: string) =>
    path.host === service || `${path.server.service}.${path.server.namespace}` === service;
  const unknown = services.filter((service) => !paths.some((path) => isTo(path, service)));
  if (unknown.length > 0) {
    throw new MeshError({
      code: "USAGE",
      at: "",
      message: `no path between clusters leads to ${unknown.join(", ")}`,
      hint: "Name a shared service as httpbin.bar, or a host as httpbin.bar.cluster2; isthmus status lists them.",
    });
  }
  return services.length === 0 ? paths : paths.filter((path) => services.some((service) => isTo(path, service)));
}

function codeOf(probes: readonly Probe[], isBroken: boolean): number {
  if (isBroken || probes.some(({ status }) => status === "broken")) return exitCodes.broken;
  return probes.every(({ status }) => status === "ok") ? exitCodes.ok : failureCode("probe");
}
