import type { ProofStatus } from "@isthmus/core/verify";
import type { ProvenPath, WireProof } from "@isthmus/engine";
import { renderHopStatus } from "./hopStatus.ts";
import { renderPath } from "./paths.ts";
import { briefLines } from "./proofLines.ts";
import type { Style } from "./style.ts";

/** Each path with its verdict and its stations in the order of a call, and a summary. */
export function renderProofs(proofs: readonly ProvenPath[], style: Style): string {
  const blocks = proofs.map((proof) => `${renderProof(proof, style)}\n`);
  return `${blocks.join("")}${renderVerdicts(proofs, style)}\n`;
}

function renderProof(proof: ProvenPath, style: Style): string {
  const found = briefLines(proof);
  const width = Math.max(...found.map(({ name }) => name.length));
  const lines = found.map(({ status, name, detail, cluster }) => {
    if (status === "noted") return `      ${detail}\n`;
    const where = cluster === undefined ? "" : style.faint(`  [${cluster}]`);
    return `  ${renderHopStatus(status, style)} ${style.faint(name.padEnd(width))}  ${detail}${where}\n`;
  });
  return `${renderHopStatus(proof.verdict, style)} ${renderPath(proof.path, style)}\n${lines.join("")}`;
}

function renderVerdicts(proofs: readonly ProvenPath[], style: Style): string {
  const count = (status: ProofStatus) => proofs.filter(({ verdict }) => verdict === status).length;
  const [ok, broken, unknown] = [count("ok"), count("broken"), count("unknown")];
  if (proofs.length === 0) return "No path is declared.";
  const paths = `${proofs.length} ${proofs.length === 1 ? "path" : "paths"}`;
  if (ok === proofs.length) return style.good(`${paths}, all hops in place${wireSummary(proofs)}.`);
  return style.strong(`${paths}: ${ok} in place, ${broken} broken, ${unknown} unknown${wireSummary(proofs)}.`);
}

function wireSummary(proofs: readonly ProvenPath[]): string {
  const wires = proofs.flatMap(({ wire }) => wire ?? []);
  if (wires.length === 0) return "";
  const count = (status: WireProof["status"]) => wires.filter((wire) => wire.status === status).length;
  const [ok, broken, open] = [count("ok"), count("broken"), count("not tried")];
  const parts = [
    ...(ok > 0 ? [`${ok} answered`] : []),
    ...(broken > 0 ? [`${broken} failed`] : []),
    ...(open > 0 ? [`${open} not tried`] : []),
  ];
  return `; on the wire ${parts.join(", ")}`;
}
