import { makeProblem, type Problem, say } from "@isthmus/core";
import type { RotationMove, RotationStage, RotationStep, RotationWait } from "@isthmus/core/rotation";
import type { RotationEvent, RotationTarget, TrustObservation } from "@isthmus/engine";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

export interface RotationView {
  readonly target: RotationTarget;
  readonly move: RotationMove;
  readonly clusters: readonly TrustObservation[];
}

const stages: Readonly<Record<RotationStage, string>> = {
  trust: "1 of 3, trust: every proxy learns to trust the new root beside the old",
  sign: "2 of 3, sign: every proxy gets a certificate of the new root",
  forget: "3 of 3, forget: no proxy trusts the old root any more",
  done: "done: every proxy has a certificate of this root, and trusts no other",
};

/** A row for each cluster, and what is waited for. */
export function renderRotation({ target, move, clusters }: RotationView, style: Style): string {
  const rows = clusters.map(({ trust }) => [
    trust.cluster,
    trust.signer.slice(0, shortLength),
    trust.roots.map((root) => root.slice(0, shortLength)).join("\n"),
    `${trust.proxies.length}`,
  ]);
  return [
    `${target.subject}\n${stages[move.stage]}\n\n`,
    renderTable(["CLUSTER", "SIGNS WITH", "TRUSTS", "PROXIES"], rows, style),
    move.waits.length > 0 ? `\n${move.waits.map(waitText).join("")}${hurryText(move.waits)}` : "",
  ].join("");
}

// Enough to tell two apart; `-o json` has the whole.
const shortLength = 12;

/** Says what happens, and what is waited for as soon as that is something else; how to hurry it once a stage. */
export function rotationNews(style: Style): (event: RotationEvent) => string {
  let stage: RotationStage | undefined;
  let said: readonly string[] = [];
  let isTold = false;
  return (event) => {
    if (event.type === "step") return stepText(event.step, style);
    if (event.type === "blind") {
      const line = `  ${event.problem.message}: waiting until it can be read\n`;
      const isNews = !said.includes(line);
      said = [line];
      return isNews ? style.warning(line) : "";
    }
    const { move } = event;
    const heading = move.stage === stage ? "" : `${style.strong("Stage")} ${stages[move.stage]}\n`;
    if (heading !== "") isTold = false;
    stage = move.stage;
    if (move.steps.length > 0) return heading;
    const lines = move.waits.map(waitText);
    const news = lines.filter((line) => !said.includes(line)).join("");
    said = lines;
    const hints = isTold ? "" : hurryText(move.waits);
    isTold ||= hints !== "";
    return `${heading}${style.faint(news)}${hints}`;
  };
}

function stepText(step: RotationStep, style: Style): string {
  const done = style.good("✔");
  switch (step.do) {
    case "trust":
      return `  ${done} ${step.cluster}: Secret cacerts trusts ${step.roots.map((root) => root.slice(0, shortLength)).join(", ")}\n`;
    case "sign":
      return `  ${done} ${step.cluster}: Secret cacerts has a new intermediate\n`;
    case "note":
      return `  ${done} ${step.cluster}: istiod works with the new ${step.what === "roots" ? "roots" : "intermediate"}\n`;
  }
}

function waitText(wait: RotationWait): string {
  switch (wait.for) {
    case "istiod":
      return `  ${wait.cluster}: waiting for ${wait.pods.join(", ") || "istiod"} to take over what Secret cacerts holds\n`;
    case "mounts":
      return `  ${wait.cluster}: waiting until ${clock(wait.until)} for pods' mounted roots\n`;
    case "proxies":
      return `  ${wait.cluster}: waiting for ${wait.proxies.length} of ${wait.of} proxies to get new certificates\n`;
  }
}

/** How many workloads of a cluster are named before the rest is a number. */
const named = 10;

/** Until when proxies renew by themselves, and the commands that make them do it now. */
function hurryText(waits: readonly RotationWait[]): string {
  const waiting = waits.filter((wait) => wait.for === "proxies");
  const times = waiting.flatMap(({ proxies }) => proxies.map(({ renewsBefore }) => renewsBefore));
  const known = times.filter((time) => time !== undefined);
  if (times.length === 0) return "";
  const until =
    known.length === times.length ? ` by ${clock(Math.max(...known))}` : " within half of their certificates' life";
  const commands = waiting.flatMap(({ cluster, proxies }) => {
    const workloads = [...new Set(proxies.map(({ workload }) => workload))].sort();
    const more = workloads.length > named ? [`    … and ${workloads.length - named} more in ${cluster}\n`] : [];
    return [...workloads.slice(0, named).map((workload) => `    ${restartCommand(cluster, workload)}\n`), ...more];
  });
  return `  They do so by themselves${until}, and at once when restarted:\n${commands.join("")}`;
}

/** With the cluster's name, in whose place `pasteableText` puts its context. */
function restartCommand(cluster: string, workload: string): string {
  const [kind = "", place = ""] = workload.split(" ");
  const [namespace = "", name = ""] = place.split("/");
  if (kind === "Pod") return `kubectl --context ${cluster} -n ${namespace} delete pod ${name}`;
  return `kubectl --context ${cluster} -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`;
}

/** To the second, in the time zone that logs have. */
function clock(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** One for each thing that is waited for. */
export function rotationProblems({ stage, waits }: RotationMove): readonly Problem[] {
  if (stage === "done") return [];
  const clusters = [...new Set(waits.map(({ cluster }) => cluster))];
  return [
    makeProblem({
      code: "ROTATION_WAITS",
      at: { thing: clusters.join(", ") },
      message: say`the rotation is not done: stage ${{ stage }}`,
      hint: "Run `isthmus ca rotate root` again: it goes on from here.",
    }),
  ];
}
