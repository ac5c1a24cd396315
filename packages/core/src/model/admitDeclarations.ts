import { type Place, say, showPath } from "../findings/index.ts";
import { type KubeObject, keyOf, ownerName, refOf } from "../kinds/index.ts";
import { hasErrors, makeProblem, type Problem } from "../problem.ts";
import { checkIntents } from "./checkIntents.ts";
import { collectIntents } from "./collectIntents.ts";
import { at, type Intent, type Intents, showDeclared } from "./intents.ts";
import { secondMesh } from "./mesh/secondMesh.ts";
import { readIntent } from "./schema/readIntent.ts";

/** A declaration as an API server holds it, and what became of it. */
export interface Admission {
  readonly object: KubeObject;
  /** Absent where it does not count: it has an error, or somebody deleted it and a finalizer keeps it. */
  readonly intent?: Intent;
  /** Warnings alone where it counts. */
  readonly problems: readonly Problem[];
}

/** As the owner label has it, of whatever kind the declaration is. */
export function ownerOfAdmission({ object: { kind, metadata } }: Pick<Admission, "object">): string {
  return ownerName(kind, metadata.namespace ?? "", metadata.name);
}

/** What is declared by objects of an API server. */
export interface AdmittedIntents {
  readonly intents: Intents;
  /** Of each object, the older ones first. */
  readonly admissions: readonly Admission[];
  /** Owner -> why: declared, but with an error, so that what it has in the clusters stays as it is. */
  readonly refused: ReadonlyMap<string, string>;
  /** An error in the Mesh or a MeshCluster, so that nothing can be said of the mesh. */
  readonly refusal?: Problem;
}

/**
 * Which declarations count. One that has an error is left out and what it has in the clusters is to stay, so that it stands in nobody
 * else's way: in files, which are one person's work, it would. Of two Meshes the older one counts.
 */
export function admitDeclarations(objects: readonly KubeObject[]): AdmittedIntents {
  const read = inOrderOfAge(objects).map(readDeclaration);
  const found = new Map<string, readonly Problem[]>();
  let counting = withoutLaterMeshes(read, found);
  for (;;) {
    const intents = collectIntents(counting.flatMap(({ intent }) => intent ?? []));
    const lost = read.filter(({ object, problems }) => object.kind === "MeshCluster" && problems.length > 0);
    const problems = checkIntents(intents, {
      lostClusters: new Set(lost.map(({ object }) => object.metadata.name)),
      complete: true,
      fileOf: () => undefined,
    });
    for (const problem of problems) {
      const key = keyOfPlace(problem.place);
      found.set(key, [...(found.get(key) ?? []).filter(({ at }) => at !== problem.at), problem]);
    }
    const left = counting.filter(({ key }) => !hasErrors(found.get(key) ?? []));
    if (left.length === counting.length) {
      const counts = new Set(counting.map(({ key }) => key));
      return admitted(
        intents,
        read.map(({ object, key, intent, problems }) => ({
          object,
          ...(intent !== undefined && counts.has(key) && { intent }),
          problems: [...problems, ...(found.get(key) ?? [])],
        })),
      );
    }
    counting = left;
  }
}

interface ReadDeclaration extends Admission {
  readonly key: string;
}

function inOrderOfAge(objects: readonly KubeObject[]): readonly KubeObject[] {
  const rank = (object: KubeObject) => `${object.metadata.creationTimestamp ?? ""} ${keyOf(refOf(object))}`;
  return [...objects].sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

function readDeclaration(object: KubeObject): ReadDeclaration {
  const { kind, metadata } = object;
  const { name, namespace } = metadata;
  const place = { kind, ...(namespace !== undefined && { namespace }), name };
  const key = keyOfPlace(place);
  if (metadata.deletionTimestamp !== undefined) return { object, key, problems: [] };
  const { intent, mistakes = [] } = readIntent(object);
  if (intent !== undefined) return { object, key, intent, problems: [] };
  const problems = mistakes.map(({ code, path, message, hint }) =>
    makeProblem({ code, at: { ...place, ...(path.length > 0 && { field: showPath(path) }) }, message, hint }),
  );
  return { object, key, problems };
}

/** Notes those that do not count. */
function withoutLaterMeshes(
  read: readonly ReadDeclaration[],
  found: Map<string, readonly Problem[]>,
): readonly ReadDeclaration[] {
  const counting = read.filter(({ intent }) => intent !== undefined);
  const [first, ...later] = counting.filter(({ object }) => object.kind === "Mesh");
  for (const { key, intent } of later) {
    if (first === undefined || intent === undefined) continue;
    const { code, message, hint } = secondMesh(showDeclared(intent), say`${{ first: first.object.metadata.name }}`);
    found.set(key, [makeProblem({ code, at: at(intent, "metadata", "name"), message, hint })]);
  }
  return counting.filter((each) => !later.includes(each));
}

function admitted(intents: Intents, admissions: readonly Admission[]): AdmittedIntents {
  const refused = new Map<string, string>();
  const errors = admissions.flatMap(({ object, problems }) =>
    problems.filter(({ severity }) => severity === "error").map((problem) => ({ object, problem })),
  );
  for (const { object, problem } of errors) {
    const { kind } = object;
    const owner = ownerOfAdmission({ object });
    if (kind !== "Mesh" && kind !== "MeshCluster" && !refused.has(owner)) refused.set(owner, problem.message);
  }
  const refusal = errors.find(
    ({ object: { kind }, problem }) => kind === "MeshCluster" || (kind === "Mesh" && problem.code !== "MESH_DUPLICATE"),
  )?.problem;
  return { intents, admissions, refused, ...(refusal !== undefined && { refusal }) };
}

function keyOfPlace({ kind = "", namespace = "", name = "" }: Place): string {
  return `${kind} ${namespace}/${name}`;
}
