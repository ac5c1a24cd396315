import { type IstioCluster, memoised } from "../../istio/index.ts";
import { type KubeObject, keyOf, refOf } from "../../kinds/index.ts";
import type { Compiled, DeclaredPath } from "../../model/index.ts";
import { showUnreadable } from "../../shape/index.ts";
import type { Compilation } from "../declaration/compilation.ts";
import type { CompileWorld } from "../declaration/compileContext.ts";
import { Report } from "../declaration/report.ts";
import { linkExternalAccesses } from "./linkExternalAccesses.ts";
import { linkHosts } from "./linkHosts.ts";
import { unprovenObjects } from "./unproven.ts";

/** The only stage that sees all declarations: names, virtual addresses, conflicts, and what is nobody's. */
export function link(compilations: readonly Compilation[], { intents, observed, facts }: CompileWorld): Compiled {
  const report = new Report();
  for (const cluster of facts.values()) holdUnreadable(cluster, report);
  for (const compilation of compilations) report.take(compilation);
  const externalAccesses = compilations.flatMap((each) => each.externalAccesses);
  const hosts = compilations.flatMap((each) => each.hosts);
  const outputs = [
    ...compilations,
    ...linkExternalAccesses(externalAccesses, report),
    ...linkHosts(hosts, { mesh: intents.mesh, facts, report }),
  ];
  const desired = new Map<string, Map<string, KubeObject>>([...facts.keys()].map((name) => [name, new Map()]));
  for (const { objects } of outputs) {
    for (const { cluster, object } of objects) desired.get(cluster)?.set(objectKey(object), object);
  }
  const unproven = unprovenObjects(observed, desired, report);
  return {
    desired: new Map(byKey(desired).map(([name, objects]) => [name, byKey(objects).map(([, object]) => object)])),
    paths: inOrder(outputs.flatMap(({ paths }) => paths)),
    held: new Map(byKey(report.held)),
    ...(unproven.size === 0 ? {} : { unproven }),
    problems: report.problems,
  };
}

function byKey<T>(values: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Of a declaration that is not compiled anew the paths and objects are the same ones. */
const pathKey = memoised((path: DeclaredPath) => JSON.stringify(path));
const objectKey = memoised((object: KubeObject) => keyOf(refOf(object)));

function inOrder(paths: readonly DeclaredPath[]): readonly DeclaredPath[] {
  return paths
    .map((path) => ({ key: pathKey(path), path }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ path }) => path);
}

/** What an object of ours holds now, its address for one, is not known: its declaration keeps what it has. */
function holdUnreadable({ name, unreadable }: IstioCluster, report: Report): void {
  for (const object of unreadable) {
    if (!object.isOurs || object.owner === undefined) continue;
    report.hold(object.owner, `${showUnreadable(object)} of ${name} cannot be read: ${object.fault}`);
  }
}
