import { resolve } from "node:path";
import { loadRotation, pasteableText, type RotationEvent, type RotationTarget } from "@isthmus/engine";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit.ts";
import { renderRotation, rotationNews, rotationProblems } from "../render/rotation.ts";
import { rotationData } from "../render/rotationData.ts";
import { rotationPace } from "../rotationPace.ts";
import type { Session } from "../session.ts";
import { type CaWork, withCa } from "../withCa.ts";

export interface RotateChoice {
  readonly status?: boolean;
  readonly wait: boolean;
  readonly adopt?: boolean;
  /** Milliseconds. */
  readonly mountDelay: number;
  readonly yes?: boolean;
  readonly passphraseFd?: number;
}

export interface RotateRootChoice extends RotateChoice {
  readonly abort?: boolean;
  readonly signer?: string;
  readonly root?: string;
}

/** Leads all clusters to one root: 0 done, 1 not yet. Begun anew it goes on from where the clusters are. */
export async function caRotateRoot(session: Session, choice: RotateRootChoice): Promise<number> {
  return withCa(session, choice, async (work) => {
    const { ca } = work;
    const rotation = await loadRotation();
    const clusters = await rotation.rotationClusters(ca);
    const target = await targetOf(session, choice, work);
    if (choice.status !== true && choice.yes !== true) {
      const question = `Lead ${clusters.map(({ cluster }) => cluster).join(", ")} to the root ${target.subject}?`;
      if ((await confirm(session, question, "Look with --status, then give --yes.")) !== "yes")
        return exitCodes.interrupted;
    }
    const news = rotationNews(session.err);
    const { move, clusters: seen } = await rotation.rotateRoot(clusters, {
      target: target.root,
      keep: await rotation.rootsToKeep(ca),
      issue: rotation.issueWith(ca, target),
      readOnly: choice.status === true,
      wait: choice.wait,
      adopt: choice.adopt === true,
      mountDelay: choice.mountDelay,
      ...rotationPace(choice),
      signal: session.signal,
      ...(choice.status !== true && {
        onEvent: (event: RotationEvent) => session.note(pasteableText(news(event), work.intents.clusters)),
      }),
    });
    const problems = rotationProblems(move);
    const view = { target, move, clusters: seen };
    if (session.format !== undefined) session.printData("Rotation", { ...rotationData(view), problems });
    else session.print(pasteableText(renderRotation(view, session.out), work.intents.clusters));
    session.report(problems);
    return problems.length === 0 ? exitCodes.ok : exitCodes.failed;
  });
}

async function targetOf(
  session: Session,
  choice: RotateRootChoice,
  { ca, passphrases }: CaWork,
): Promise<RotationTarget> {
  const rotation = await loadRotation();
  const named = (file: string) => ({ name: file, path: resolve(session.io.cwd, file) });
  const declared = await rotation.declaredTarget(ca, choice.root === undefined ? undefined : named(choice.root));
  if (choice.abort !== true) return declared;
  if (choice.signer !== undefined) {
    return rotation.keyFileTarget(named(choice.signer), { passphrase: passphrases.of, now: ca.now });
  }
  const clusters = await rotation.rotationClusters(ca);
  const look = { now: Date.now, mountDelay: 0, proxies: false, signal: session.signal };
  const seen = await Promise.all(clusters.map((each) => rotation.observeTrust(each, look)));
  return rotation.abortTarget(seen, { declared, keep: await rotation.rootsToKeep(ca) });
}
