import type { PathProof, ProofStatus } from "@isthmus/core";
import { renderPath } from "./paths.ts";
import type { Style } from "./style.ts";

/** Each path with its verdict and its hops in the order of a call, and a summary. */
export function renderProofs(proofs: readonly PathProof[], style: Style): string {
  const blocks = proofs.map((proof) => `${renderProof(proof, style)}\n`);
  return `${blocks.join("")}${renderVerdicts(proofs, style)}\n`;
}

function renderProof({ path, hops, verdict }: PathProof, style: Style): string {
  const width = Math.max(...hops.map(({ name }) => name.length));
  const lines = hops.map(
    ({ name, status, detail }) => `  ${renderStatus(status, style)} ${style.faint(name.padEnd(width))}  ${detail}\n`,
  );
  return `${renderStatus(verdict, style)} ${renderPath(path, style)}\n${lines.join("")}`;
}

export function renderStatus(status: ProofStatus, style: Style): string {
  switch (status) {
    case "ok":
      return style.good("✔");
    case "broken":
      return style.error("✖");
    case "unknown":
      return style.warning("?");
  }
}

function renderVerdicts(proofs: readonly PathProof[], style: Style): string {
  const count = (status: ProofStatus) => proofs.filter(({ verdict }) => verdict === status).length;
  const [ok, broken, unknown] = [count("ok"), count("broken"), count("unknown")];
  if (proofs.length === 0) return "No path is declared.";
  const paths = `${proofs.length} ${proofs.length === 1 ? "path" : "paths"}`;
  if (ok === proofs.length) return style.good(`${paths}, all hops in place.`);
  return style.strong(`${paths}: ${ok} in place, ${broken} broken, ${unknown} unknown.`);
}
