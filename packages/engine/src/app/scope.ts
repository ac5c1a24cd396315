import { type DeclaredPath, declaredOwners, nearestName, say, usage } from "@isthmus/core";
import { narrowPlan, type PlanScope } from "@isthmus/core/plan";
import { labelSelector } from "./labelSelector.ts";
import type { PlannedMesh } from "./planMesh.ts";

/** What a command is asked about; whatever is not set leaves nothing out. */
export interface ScopeWords {
  /** `httpbin.bar`, `bar/httpbin`, or a name under which it is called. */
  readonly services?: readonly string[];
  /** Of declarations. */
  readonly namespaces?: readonly string[];
  /** Labels of declarations, as `kubectl -l` takes them. */
  readonly selector?: string | undefined;
  readonly clusters?: readonly string[];
  /** Of kubeconfigs, in place of the clusters that are declared with them. */
  readonly contexts?: readonly string[];
}

/** Something that owns objects and paths: a declaration, one that is gone, or a ServiceExport. */
interface Owner {
  readonly owner: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined where no declaration tells: a selection by labels is not about it, `env!=prod` neither. */
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/** What the words choose. Throws USAGE where they choose nothing. */
export function scopeOf(mesh: PlannedMesh, words: ScopeWords): PlanScope {
  return { owners: chosenOwners(mesh, words), clusters: chosenClusters(mesh, words) };
}

/** The part of a mesh that the words choose: the paths in it, and what an apply would write of it. Throws USAGE. */
export function narrowMesh<M extends PlannedMesh>(mesh: M, words: ScopeWords): M {
  const scope = scopeOf(mesh, words);
  if (scope.owners === undefined && scope.clusters === undefined) return mesh;
  return {
    ...mesh,
    plan: narrowPlan(mesh.plan, mesh.observed, scope),
    paths: mesh.paths.filter((path) => isPathIn(scope, path)),
    held: new Map([...mesh.held].filter(([owner]) => scope.owners?.has(owner) !== false)),
  };
}

/** Whether a path is of an owner that is asked about, and begins, leads through or ends in such a cluster. */
export function isPathIn({ owners, clusters }: PlanScope, path: DeclaredPath): boolean {
  if (owners?.has(path.owner) === false) return false;
  return clusters === undefined || clustersOf(path).some((cluster) => clusters.has(cluster));
}

/** Where a path begins, leads through and ends. */
export function clustersOf(path: DeclaredPath): readonly string[] {
  if (path.direction === "in") return [path.server.cluster];
  if (path.direction === "across") return [path.consumer.cluster, path.server.cluster];
  return [path.consumer.cluster, ...(path.via === undefined ? [] : [path.via])];
}

function chosenOwners(
  mesh: PlannedMesh,
  { services = [], namespaces = [], selector }: ScopeWords,
): ReadonlySet<string> | undefined {
  if (services.length === 0 && namespaces.length === 0 && selector === undefined) return undefined;
  const all = ownersIn(mesh);
  const named = services.length === 0 ? undefined : new Set(services.flatMap((word) => ownersNamed(word, all, mesh)));
  const hasLabels = selector === undefined ? undefined : labelSelector(selector);
  const chosen = all.filter(
    ({ owner, namespace, labels }) =>
      named?.has(owner) !== false &&
      (namespaces.length === 0 || namespaces.includes(namespace)) &&
      (hasLabels === undefined || (labels !== undefined && hasLabels(labels))),
  );
  if (chosen.length > 0) return new Set(chosen.map(({ owner }) => owner));
  const by = [
    ...(namespaces.length === 0 ? [] : [`in namespace ${namespaces.join(", ")}`]),
    ...(selector === undefined ? [] : [`with labels ${selector}`]),
  ];
  const message = say`nothing${services.length === 0 ? "" : say` of ${{ services }}`} is declared ${by.join(" and ")}`;
  throw usage(message, declaredList(all));
}

function ownersNamed(word: string, all: readonly Owner[], { compiled }: PlannedMesh): readonly string[] {
  const found = all.filter(({ namespace, name }) => word === `${name}.${namespace}` || word === `${namespace}/${name}`);
  if (found.length > 0) return found.map(({ owner }) => owner);
  const called = compiled.paths.filter(({ host }) => host === word).map(({ owner }) => owner);
  if (called.length > 0) return called;
  const names = all.map(({ name, namespace }) => `${name}.${namespace}`);
  const meant = nearestName(word, [...names, ...compiled.paths.map(({ host }) => host)]);
  throw usage(say`${{ word }} is not declared`, meant === undefined ? declaredList(all) : `did you mean ${meant}?`);
}

function declaredList(all: readonly Owner[]): string {
  const names = [...new Set(all.map(({ name, namespace }) => `${name}.${namespace}`))];
  if (names.length === 0) return "nothing is declared";
  const more = names.length <= 10 ? "" : ` and ${names.length - 10} more`;
  return `declared are: ${names.slice(0, 10).join(", ")}${more}`;
}

/** What is declared, and what else has objects or paths, with as much of its name as the owner label keeps. */
function ownersIn({ intents, plan, compiled }: PlannedMesh): readonly Owner[] {
  const declared = declaredOwners(intents).map(({ owner, declaration }): Owner => {
    const { namespace, name, labels = {} } = declaration.metadata;
    return { owner, namespace, name, labels };
  });
  const known = new Set(declared.map(({ owner }) => owner));
  const others = [
    ...plan.actions.flatMap(({ owner, formerOwner = owner }) => [owner, formerOwner]),
    ...compiled.paths.map(({ owner }) => owner),
    ...compiled.held.keys(),
  ].filter((owner) => !known.has(owner));
  return [
    ...declared,
    ...[...new Set(others)].sort().map((owner) => {
      const [, namespace = "", ...name] = owner.split(".");
      return { owner, namespace, name: name.join("."), labels: undefined };
    }),
  ];
}

function chosenClusters(
  { intents }: PlannedMesh,
  { clusters = [], contexts = [] }: ScopeWords,
): ReadonlySet<string> | undefined {
  if (clusters.length === 0 && contexts.length === 0) return undefined;
  const names = intents.clusters.map(({ metadata }) => metadata.name);
  const ofContexts = contexts.flatMap((context) => {
    const found = intents.clusters.filter(({ spec }) => spec.access.context === context);
    if (found.length > 0) return found.map(({ metadata }) => metadata.name);
    const known = intents.clusters.flatMap(({ spec }) => spec.access.context ?? []);
    throw usage(say`no cluster is declared with the context ${{ context }}`, hintFor(context, known, "contexts"));
  });
  const unknown = clusters.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw usage(say`no cluster ${{ unknown }} is declared`, hintFor(unknown, names, "clusters"));
  return new Set([...clusters, ...ofContexts]);
}

function hintFor(word: string, known: readonly string[], what: string): string {
  const meant = nearestName(word, known);
  if (meant !== undefined) return `did you mean ${meant}?`;
  return known.length === 0 ? `no ${what} are declared` : `declared are: ${known.slice(0, 10).join(", ")}`;
}
