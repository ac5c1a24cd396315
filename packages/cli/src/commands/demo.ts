import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { MeshError, type Sentence, say, usage } from "@isthmus/core";
import { proofOfPaths } from "@isthmus/core/verify";
import { applyPlan, meshStatus, type PlannedMesh, planEffects, planMesh } from "@isthmus/engine";
import { readDemoFiles } from "../assets.ts";
import { exitCodes } from "../exit.ts";
import { readDeclarations } from "../readDeclarations.ts";
import { renderDiff } from "../render/diff.ts";
import { liveObjects } from "../render/liveObjects.ts";
import { renderOutcome } from "../render/outcome.ts";
import { renderPlan, renderSummary } from "../render/plan.ts";
import { renderProofs } from "../render/proofs.ts";
import { renderClusters } from "../render/status.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";
import { writeTeller } from "../writeTeller.ts";

type Step = (title: string, command: string, text: string) => void;

/**
 * The main job from declaration to proof on two clusters that are folders: it works anywhere and touches nothing but the
 * new folder `dir`. Throws USAGE where that holds something already.
 */
export async function demo(session: Session, { dir }: { readonly dir: string }): Promise<number> {
  const folder = resolve(session.io.cwd, dir);
  const files = await readDemoFiles();
  await writeFiles(folder, dir, files);
  const inside: Session = {
    ...session,
    io: { ...session.io, cwd: folder },
    options: { ...session.options, filename: [] },
    ways: { ...session.ways, cwd: folder },
    // What an apply tells is part of what the demo shows.
    note: (text) => session.print(indented(text)),
  };
  const step = stepsOf(session);
  session.print(introduction(session, dir));
  step("Declaration", "httpbin.yaml", declaration(files["httpbin.yaml"] ?? ""));
  const applied = await onMesh(inside, (mesh) => connectServices(inside, mesh, step));
  if (applied !== exitCodes.ok) return applied;
  const proved = await onMesh(inside, (mesh) => proveAndPlanAgain(inside, mesh, step));
  if (proved === exitCodes.ok) session.print(nextSteps(session, dir));
  return proved;
}

async function onMesh(session: Session, work: (mesh: PlannedMesh) => Promise<number>): Promise<number> {
  return withMesh(session, await readDeclarations(session), async (declared) => {
    const mesh = await planMesh(declared, { signal: session.signal });
    session.report(mesh.problems);
    return work(mesh);
  });
}

async function connectServices(session: Session, mesh: PlannedMesh, step: Step): Promise<number> {
  const { out } = session;
  step("Observed", "isthmus status", renderClusters(meshStatus(mesh).clusters, out));
  step("Plan", "isthmus plan", renderPlan({ ...mesh, effects: planEffects(mesh) }, out, { brief: true }));
  step("Difference", "isthmus diff", renderDiff(mesh.plan, liveObjects(mesh.observed), out));
  step("Apply", "isthmus apply", "");
  const teller = writeTeller(session, { dryRun: false });
  for await (const event of applyPlan(mesh.plan, mesh.targets, { signal: session.signal })) teller.tell(event);
  session.note(`${renderOutcome(teller.written, { elapsed: teller.elapsed() }, out)}\n`);
  return teller.written.every(({ result }) => result === "done") ? exitCodes.ok : exitCodes.failed;
}

async function proveAndPlanAgain(session: Session, mesh: PlannedMesh, step: Step): Promise<number> {
  const { out } = session;
  const proofs = proofOfPaths(mesh);
  step("Proof", "isthmus verify", renderProofs(proofs, out));
  step("Plan again", "isthmus plan", renderSummary(mesh.plan, out));
  return proofs.every(({ verdict }) => verdict === "ok") ? exitCodes.ok : exitCodes.failed;
}

function stepsOf({ out, print }: Session): Step {
  let count = 0;
  return (title, command, text) => {
    count += 1;
    print(`${out.accent(`${count}  ${title}`)}  ${out.faint(command)}\n\n${indented(text)}${text === "" ? "" : "\n"}`);
  };
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "   ");
}

function introduction({ out }: Session, dir: string): string {
  return `
${out.strong("Isthmus connects services across clusters, from one declaration.")}

sleep, in namespace foo of cluster1, wants to call httpbin, in namespace bar of
cluster2. Each cluster has its own Istio; without more neither sees the other.
Both clusters are folders of manifests in ${dir}: nothing else is touched.

`;
}

/** The YAML without the comment above it. */
function declaration(text: string): string {
  return text.replace(/^(#.*\n)+/, "");
}

function nextSteps({ out }: Session, dir: string): string {
  const row = (command: string, what: string) => `   ${out.accent(command.padEnd(34))}${out.faint(what)}\n`;
  return [
    `${out.strong("Now you")}\n\n`,
    row(`cd ${dir}`, "change httpbin.yaml, or delete it, then"),
    row("isthmus apply", "see what follows from it"),
    "\n   With clusters of your own:\n\n",
    row("isthmus init", "a mesh.yaml from your kubeconfig"),
    row("isthmus connect httpbin.bar \\", "declare a service and see the plan"),
    row("  --from cluster2 --to cluster1/foo", ""),
    row("isthmus apply", "connect it"),
    "\n",
  ].join("");
}

/** Throws USAGE where the folder is not a new one, or cannot be one. */
async function writeFiles(folder: string, shown: string, files: Readonly<Record<string, string>>): Promise<void> {
  const refuse = (message: Sentence, cause?: unknown) => usage(message, "name a new folder with --dir", { cause });
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) throw refuse(say`the folder ${shown} holds something already`);
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw refuse(say`the demo cannot be written to ${shown}: ${{ reason: (cause as Error).message }}`, cause);
  }
}
