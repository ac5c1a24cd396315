import { hasErrors } from "@isthmus/core";
import {
  caIdentity,
  type PlannedMesh,
  type Probe,
  type ProbeMeshOptions,
  planMesh,
  probedPaths,
  probeMesh,
} from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { openDeclaredCa } from "../openDeclaredCa.ts";
import { type PassphraseOptions, passphrases } from "../passphrase.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderJunit } from "../render/junit.ts";
import { probeSuites } from "../render/probeSuites.ts";
import { renderProbes } from "../render/probes.ts";
import { isNarrowed, type ScopeOptions, scopeWords } from "../scopeOptions.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

export interface ProbeCommandOptions extends PassphraseOptions, ScopeOptions {
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
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const mesh = await planMesh(declared, session.reading);
    const probes = await runProbes(session, mesh, services, options);
    if (session.ownFormat === "junit") session.print(renderJunit("isthmus probe", probeSuites(probes)));
    else if (session.format === undefined) session.print(renderProbes(probes, session.out));
    else session.printData("Probes", { probes, problems: mesh.problems });
    noteAdded(session, probes);
    session.report(mesh.problems);
    const isAsked = isNarrowed(services, options) || mesh.intents.sharedServices.length > 0;
    if (probes.length === 0 && isAsked && !hasErrors(mesh.problems)) return failureCode("probe");
    return codeOf(probes, hasErrors(mesh.problems));
  });
}

/** With the identities that the options ask for: each consumer's own from its istiod, or from the mesh's CA, or none. */
async function runProbes(
  session: Session,
  mesh: PlannedMesh,
  services: readonly string[],
  options: ProbeCommandOptions,
): Promise<readonly Probe[]> {
  const { identity } = options;
  if (identity !== "ca") return run(identity);
  // A wrong name is told before a passphrase is asked for.
  probedPaths(mesh, scopeWords(services, options));
  const ca = await openDeclaredCa(session, mesh, passphrases(session, options));
  try {
    // A wrong passphrase ends it before anything is tried.
    await ca.signer("mesh");
    return await run((name) => caIdentity(ca, name));
  } finally {
    await ca.close();
  }

  function run(identity: ProbeMeshOptions["identity"]): Promise<readonly Probe[]> {
    return probeMesh(mesh, {
      scope: scopeWords(services, options),
      onStart: (paths) =>
        session.note(session.err.faint(`Trying ${paths} ${paths === 1 ? "path" : "paths"} on the wire …\n`)),
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

function codeOf(probes: readonly Probe[], isBroken: boolean): number {
  if (isBroken || probes.some(({ status }) => status === "broken")) return exitCodes.broken;
  return probes.every(({ status }) => status === "ok") ? exitCodes.ok : failureCode("probe");
}
