import { say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import type { Compiled } from "../../model/index.ts";
import { showUnreadable } from "../../shape/index.ts";
import { keepEqual } from "../../world/index.ts";
import type { Compilation, CompiledExternalAccess } from "../declaration/compilation.ts";
import type { CompileWorld } from "../declaration/compileContext.ts";
import type { Output } from "../declaration/output.ts";
import { Report } from "../declaration/report.ts";
import { type Linked, type LinkedDeclaration, linkDeclaration, linked } from "./linkDeclaration.ts";
import { linkExternalAccesses } from "./linkExternalAccesses.ts";
import { type Merged, merge } from "./merge.ts";
import { type HostSettlement, type Since, settleHosts } from "./settleHosts.ts";
import { type Unproven, unprovenObjects } from "./unproven.ts";

/** What `link` made, and what it can keep of that in the next step. */
export interface LinkState {
  readonly compiled: Compiled;
  readonly settlement: HostSettlement;
  readonly declarations: ReadonlyMap<Compilation, LinkedDeclaration>;
  readonly externalAccesses: ReadonlyMap<Output, Linked>;
  readonly merged: Merged;
  readonly unproven: ReadonlyMap<string, Unproven>;
}

/**
 * The only stage that sees all declarations: names, virtual addresses, conflicts, and what is nobody's. `since`: for whoever
 * goes on from here; only what a changed compilation or cluster meets is linked anew.
 */
export function link(
  compilations: readonly Compilation[],
  { intents: { mesh }, observed, facts }: CompileWorld,
  since?: Since<LinkState>,
): LinkState {
  const previous = since?.previous;
  const report = new Report();
  for (const cluster of facts.values()) holdUnreadable(cluster, report);
  const settlement = settleHosts(compilations, { mesh, facts }, since && { ...since, previous: previous?.settlement });
  const { grants } = settlement;
  const isSettled = grants === previous?.settlement.grants;
  const declarations = new Map<Compilation, LinkedDeclaration>();
  for (const compilation of compilations) {
    const before = previous?.declarations.get(compilation);
    const is = before !== undefined && isSettled ? before : linkDeclaration(compilation, grants, mesh, before);
    declarations.set(compilation, is);
    report.take(is);
  }
  const asked = compilations.flatMap((each): readonly CompiledExternalAccess[] => each.externalAccesses);
  const externalAccesses = new Map(
    linkExternalAccesses(asked, report).map((output) => [
      output,
      previous?.externalAccesses.get(output) ?? linked(output),
    ]),
  );
  const parts = [...declarations.values(), ...externalAccesses.values()];
  const merged = merge(parts, facts.keys(), previous?.merged);
  for (const { cluster, host, address, with: other } of grants.shared) {
    report.add(
      undefined,
      "VIP_SHARED",
      { ...other, cluster },
      say`${{ address }} of ${{ host }} in ${{ cluster }} is also an address of ${{ other }}`,
      "give it one outside of spec.addressPool of the Mesh, or none: istiod then gives it one by itself",
    );
  }
  const unproven = new Map<string, Unproven>();
  for (const [name, cluster] of observed.clusters) {
    const found = unprovenObjects(cluster, merged.desired.get(name)?.keys ?? nothing, previous?.unproven.get(name));
    unproven.set(name, found);
    report.take(found);
  }
  const compiled = compiledOf(merged, unproven, report, previous?.compiled);
  return { compiled, settlement, declarations, externalAccesses, merged, unproven };
}

const nothing: readonly string[] = [];

function compiledOf(
  { desired, paths }: Merged,
  unproven: LinkState["unproven"],
  report: Report,
  before: Compiled | undefined,
): Compiled {
  const held = new Map([...report.held].sort(([a], [b]) => (a < b ? -1 : 1)));
  const found = [...unproven].flatMap(([name, { keys }]) => (keys.size === 0 ? [] : [[name, keys] as const]));
  return {
    desired: new Map([...desired].map(([name, { values }]) => [name, values])),
    paths: paths.values,
    held: keepEqual(before?.held, held),
    ...(found.length === 0 ? {} : { unproven: new Map(found) }),
    problems: report.problems,
  };
}

/** What an object of ours holds now, its address for one, is not known: its declaration keeps what it has. */
function holdUnreadable({ name, unreadable }: IstioCluster, report: Report): void {
  for (const object of unreadable) {
    if (!object.isOurs || object.owner === undefined) continue;
    report.hold(object.owner, `${showUnreadable(object)} of ${name} cannot be read: ${object.fault}`);
  }
}
