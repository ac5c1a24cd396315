import { say, shellWord, usage } from "@isthmus/core";
import { declaredRights, type RbacSubject, rbacManifests } from "@isthmus/core/setup";
import { exitCodes } from "../exit.ts";
import { findDeclaredCluster } from "../findDeclaredCluster.ts";
import { readMeshIfAny } from "../readMeshIfAny.ts";
import { renderYaml } from "../render/data.ts";
import type { Session } from "../session.ts";

export interface RbacCommandOptions {
  readonly readOnly?: boolean;
  readonly manageCa?: boolean;
  readonly rotateCa?: boolean;
  readonly probe?: boolean;
  readonly doctor?: boolean;
  readonly ephemeralContainer?: boolean;
  readonly controller?: boolean;
  readonly allKinds?: boolean;
  readonly namespace?: readonly string[];
  readonly name?: string;
  readonly accountNamespace?: string;
  readonly user?: string;
  readonly group?: string;
}

/** Prints the roles and bindings that our commands need in a cluster, and nothing more. Asks no cluster. */
export async function rbac(session: Session, cluster: string, options: RbacCommandOptions): Promise<number> {
  const { mesh, clusters, externalAccesses } = await readMeshIfAny(session);
  const declared = clusters === undefined ? undefined : findDeclaredCluster(cluster, clusters);
  if (declared?.spec.access.directory !== undefined) {
    throw usage(say`cluster ${{ cluster }} is a directory of manifests`, "files need no roles");
  }
  const { istioNamespace } = mesh.spec;
  const name = options.name ?? (options.readOnly === true ? "isthmus-reader" : "isthmus");
  const subject = subjectOf(options, name, options.accountNamespace ?? istioNamespace);
  const { demands, ...rights }: Partial<ReturnType<typeof declaredRights>> =
    declared === undefined ? {} : declaredRights(declared, { mesh, clusters: clusters ?? [], externalAccesses });
  const manifests = rbacManifests({
    name,
    subject,
    istioNamespace,
    access: options.readOnly === true ? "read" : "write",
    manageCa: options.manageCa === true,
    rotateCa: options.rotateCa === true,
    probe: options.probe === true,
    doctor: options.doctor === true,
    ephemeral: options.ephemeralContainer === true,
    controller: options.controller === true,
    ...rights,
    ...(demands === undefined || options.allKinds === true ? {} : { demands }),
    ...(options.namespace === undefined ? {} : { namespaces: [...new Set(options.namespace)].sort() }),
  });
  if (session.format === "json") {
    session.printManifests({ apiVersion: "v1", kind: "List", items: manifests });
    return exitCodes.ok;
  }
  const context = declared?.spec.access.context ?? cluster;
  session.print(manifests.map(renderYaml).join("---\n"));
  session.note(nextSteps(context, subject));
  return exitCodes.ok;
}

function subjectOf({ user, group }: RbacCommandOptions, name: string, namespace: string): RbacSubject {
  if (user !== undefined && group !== undefined) throw usage(say`--user and --group exclude each other`, "give one");
  if (user !== undefined) return { kind: "User", name: user };
  if (group !== undefined) return { kind: "Group", name: group };
  return { kind: "ServiceAccount", name, namespace };
}

function nextSteps(context: string, subject: RbacSubject): string {
  const kubectl = `kubectl --context ${shellWord(context)}`;
  const apply = `Next: isthmus rbac … | ${kubectl} apply -f -\n`;
  if (subject.kind !== "ServiceAccount") return apply;
  return `${apply}      ${kubectl} create token ${subject.name} -n ${subject.namespace} --duration 24h\n`;
}
