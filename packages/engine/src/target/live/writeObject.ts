import { isOurs, type KindEntry, type KubeObject, kindEntry, MeshError, say } from "@isthmus/core";
import { type Action, fieldChanges } from "@isthmus/core/plan";
import { failureProblem, type KubeClient, KubeError } from "@isthmus/kube";
import { refusal } from "../refusal.ts";
import type { WriteOptions } from "../target.ts";

/**
 * A version that no object has, since etcd gives the first write the second: an apply with it creates what is absent, and
 * is a conflict where anything exists. docs/decisions/0005-create-only.md
 */
const versionOfNone = "1";

/** Carries out an action on an API server, as `Target.write` says. */
export async function writeObject(client: KubeClient, action: Action, given: WriteOptions): Promise<void> {
  // Many writes may share one signal: each listens to one of its own, else Node takes so many listeners for a leak.
  const options = given.signal === undefined ? given : { ...given, signal: AbortSignal.any([given.signal]) };
  if (action.verb === "noop") return;
  const kind = kindEntry(action.ref.group, action.ref.kind);
  if (kind === undefined || kind.write === false)
    throw refusal("OBJECT_REFUSED", action, say`isthmus does not write objects of this kind`);
  await attempt(client, kind, action, options, 3);
}

async function attempt(
  client: KubeClient,
  kind: KindEntry,
  action: Action,
  options: WriteOptions,
  tries: number,
): Promise<void> {
  try {
    await send(client, kind, action, options);
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (!isMoved(error)) throw explained(action, error);
    const now = await settleConflict(client, kind, action, { options, conflict: error, isLast: tries <= 1 });
    if (now !== undefined) await attempt(client, kind, { ...action, live: now }, options, tries - 1);
  }
}

/** Another version is a conflict; another uid is an invalid value where the object exists. */
function isMoved({ status, causes }: KubeError): boolean {
  return status === 409 || causes.some(({ field }) => field === "metadata.uid");
}

async function send(client: KubeClient, kind: KindEntry, action: Action, options: WriteOptions): Promise<void> {
  const { desired, live, ref } = action;
  if (action.verb === "delete") {
    const found = await client.get(kind, ref.name, ref.namespace, {
      ...(options.signal && { signal: options.signal }),
    });
    if (found === undefined) return;
    if (!isOurs(found)) throw refusal("OBJECT_NOT_OURS", action, say`it does not carry our label`);
    // Gone already is fine. What another put in its place has another uid.
    await client.remove(kind, ref.name, ref.namespace, { ...options, preconditions: versionOf(live) });
    return;
  }
  if (desired === undefined) throw refusal("WRITE_FAILED", action, say`the plan does not say what to write`);
  // The uid is needed since a version alone does not keep an object from being created anew.
  const expected = action.verb === "create" ? { resourceVersion: versionOfNone } : versionOf(live);
  const object = { ...desired, metadata: { ...desired.metadata, ...expected } };
  // By force we take back what somebody changed in our own object; what is not ours we never force.
  const { object: written } = await client.apply(kind, object, { ...options, force: action.verb === "update" });
  if (!isAnswerTo(action, written)) {
    throw refusal(
      "WRITE_FAILED",
      action,
      say`the API server answered with another object: nobody can tell what was written`,
    );
  }
}

/** Nothing that a server answers is trusted: what it says that it wrote has to be what it was told to. */
function isAnswerTo({ ref, live }: Action, { metadata: { name, namespace, uid } }: KubeObject): boolean {
  return (
    name === ref.name && namespace === ref.namespace && (live === undefined || live.uid === "" || uid === live.uid)
  );
}

function versionOf(live: Action["live"]): { readonly uid?: string; readonly resourceVersion?: string } {
  return live === undefined ? {} : { uid: live.uid, resourceVersion: live.resourceVersion };
}

/**
 * The object is not as it was planned against. Where it is as wanted, an earlier try of ours did it, whose answer was lost.
 * Where only its status is another (istiod tells a route that its Gateway went), the version to try again with. Throws
 * OBJECT_NOT_OURS or PLAN_STALE elsewhere.
 */
async function settleConflict(
  client: KubeClient,
  kind: KindEntry,
  action: Action,
  {
    options,
    conflict,
    isLast,
  }: { readonly options: WriteOptions; readonly conflict: KubeError; readonly isLast: boolean },
): Promise<Action["live"]> {
  const { signal } = options;
  const live = await client.get(kind, action.ref.name, action.ref.namespace, { ...(signal && { signal }) });
  if (live === undefined && action.verb === "delete") return undefined;
  if (live !== undefined && !isOurs(live)) {
    throw refusal("OBJECT_NOT_OURS", action, say`an object of that name has appeared that is not ours`, {
      hint: "Delete or rename it, or take it over with --adopt.",
      cause: conflict,
    });
  }
  if (live !== undefined && isAsWanted(action, live)) return undefined;
  const { uid, resourceVersion, generation } = live?.metadata ?? {};
  const isSameSpec = generation !== undefined && generation === action.live?.generation && uid === action.live.uid;
  if (isSameSpec && resourceVersion !== undefined && !isLast) return { ...action.live, resourceVersion };
  throw refusal(
    "PLAN_STALE",
    action,
    say`the object changed since the plan was made: ${{ reason: conflict.message }}`,
    {
      hint: "Plan again.",
      cause: conflict,
    },
  );
}

function isAsWanted({ desired }: Action, live: KubeObject): boolean {
  const isGoing = live.metadata.deletionTimestamp !== undefined;
  return desired !== undefined && !isGoing && fieldChanges(desired, live, "live").length === 0;
}

function explained(action: Action, error: KubeError): MeshError {
  const { namespace } = action.ref;
  if (error.causes.some(({ reason }) => reason === "NamespaceTerminating")) {
    return refusal("NAMESPACE_MISSING", action, say`namespace ${{ namespace }} is being deleted`, { cause: error });
  }
  // A kind that is not served is not a missing object, and a missing object is created: so it is the namespace.
  if (error.status === 404 && error.isObjectMissing) {
    return refusal("NAMESPACE_MISSING", action, say`namespace ${{ namespace }} does not exist`, {
      hint: `kubectl create namespace ${namespace}`,
      cause: error,
    });
  }
  // RBAC says who cannot do what; an admission plugin, which answers 403 as well, says what it has against the object.
  if (error.status === 403 && !/ cannot \w+ resource /.test(error.message)) {
    return refusal("OBJECT_REFUSED", action, say`the API server refuses the object: ${{ reason: error.message }}`, {
      cause: error,
    });
  }
  const problem = failureProblem(error, action.cluster);
  return problem === undefined
    ? refusal("WRITE_FAILED", action, say`${{ reason: error.message }}`, { cause: error })
    : new MeshError(problem, { cause: error });
}
