import type { ClusterCaStatus, KeyFileMade, SecretOutcome } from "@isthmus/engine";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

// Enough to tell two apart; `-o json` has the whole.
const shortLength = 12;

export function renderOutcomes(outcomes: readonly SecretOutcome[], style: Style): string {
  const rows = outcomes.map(({ cluster, secret, action, note }) => [
    cluster,
    secret,
    action === "kept" ? style.faint("kept") : style.good(action),
    day(note.notAfter),
    note.root.slice(0, shortLength),
  ]);
  return renderTable(["CLUSTER", "SECRET", "CERTIFICATE", "UNTIL", "ROOT"], rows, style);
}

/** Two tables: what clusters trust, and the certificates that they hold. */
export function renderCaStatus(clusters: readonly ClusterCaStatus[], style: Style): string {
  const roots = clusters.flatMap(({ cluster, trusts }) =>
    trusts.length === 0
      ? [[cluster, style.warning("none published"), "", ""]]
      : trusts.map((root) => [cluster, root.subject, day(root.notAfter), root.fingerprint.slice(0, shortLength)]),
  );
  const certificates = clusters.flatMap(({ cluster, certificates }) =>
    certificates.map(({ of, secret, state, notAfter = "", renewAt = "", root = "" }) => [
      cluster,
      of,
      secret,
      stateText(state, style),
      day(renewAt),
      day(notAfter),
      root.slice(0, shortLength),
    ]),
  );
  return [
    renderTable(["CLUSTER", "TRUSTED ROOT", "UNTIL", "FINGERPRINT"], roots, style),
    renderTable(["CLUSTER", "CERTIFICATE", "SECRET", "STATE", "RENEW", "UNTIL", "ROOT"], certificates, style),
  ].join("\n");
}

export function renderKeyFile({ file, facts }: KeyFileMade): string {
  return [
    `Wrote ${file.name}, encrypted, mode 0600.`,
    `  ${facts.subject}`,
    `  ${facts.key}, until ${day(facts.notAfter)}, SHA-256 ${facts.fingerprint}`,
    "Keep a copy of the file, and its passphrase elsewhere: anyone who has both can act as any workload.",
    "",
  ].join("\n");
}

export function keyFileData({ file, facts }: KeyFileMade) {
  const { subject, fingerprint, notBefore, notAfter, key } = facts;
  return { file: file.name, subject, fingerprint, notBefore, notAfter, key };
}

function stateText(state: ClusterCaStatus["certificates"][number]["state"], style: Style): string {
  switch (state) {
    case "none":
      return style.faint("none");
    case "foreign":
      return style.warning("not ours");
    case "fresh":
      return style.good("fresh");
    case "due":
      return style.warning("renew");
    case "expired":
      return style.error("expired");
  }
}

function day(time: string): string {
  return time.slice(0, 10);
}
