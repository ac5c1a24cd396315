import { type ProofStatus, showCaller, type Trace } from "@isthmus/core";
import { type ProvenPath, statusOf } from "../proveMesh.ts";
import { renderHopStatus } from "./hopStatus.ts";
import { renderPath } from "./paths.ts";
import type { Style } from "./style.ts";
import { renderOutcome } from "./trace.ts";

/** Each path with its verdict and its hops in the order of a call, and a summary. */
export function renderProofs(proofs: readonly ProvenPath[], style: Style): string {
  const blocks = proofs.map((proof) => `${renderProof(proof, style)}\n`);
  return `${blocks.join("")}${renderVerdicts(proofs, style)}\n`;
}

function renderProof({ path, hops, verdict, trace }: ProvenPath, style: Style): string {
  const width = Math.max(...hops.map(({ name }) => name.length), "call".length);
  const line = (status: ProofStatus, name: string, detail: string) =>
    `  ${renderHopStatus(status, style)} ${style.faint(name.padEnd(width))}  ${detail}\n`;
  const lines = hops.map(({ name, status, detail }) => line(status, name, detail));
  const call = line(statusOf(trace.verdict), "call", callOf(trace));
  return `${renderHopStatus(verdict, style)} ${renderPath(path, style)}\n${lines.join("")}${call}`;
}

/** What the trace says in one line; the code and the place where it fails. */
function callOf({ blamed, branches, request }: Trace): string {
  const [first] = branches;
  if (blamed === undefined) return first === undefined ? "nothing is known of it" : renderOutcome(first.outcome);
  const { object, field, code, detail } = blamed;
  const place =
    object === undefined
      ? ""
      : ` (${object.kind} ${object.namespace === undefined ? "" : `${object.namespace}/`}${object.name}${field === undefined ? "" : ` ${field}`})`;
  const { url } = request;
  return `${detail}${place}: ${code}, see isthmus trace ${showCaller(request).replace("*", "WORKLOAD")} ${url.scheme}://${url.host}:${url.port}${url.path}`;
}

function renderVerdicts(proofs: readonly ProvenPath[], style: Style): string {
  const count = (status: ProofStatus) => proofs.filter(({ verdict }) => verdict === status).length;
  const [ok, broken, unknown] = [count("ok"), count("broken"), count("unknown")];
  if (proofs.length === 0) return "No path is declared.";
  const paths = `${proofs.length} ${proofs.length === 1 ? "path" : "paths"}`;
  if (ok === proofs.length) return style.good(`${paths}, all hops in place.`);
  return style.strong(`${paths}: ${ok} in place, ${broken} broken, ${unknown} unknown.`);
}
