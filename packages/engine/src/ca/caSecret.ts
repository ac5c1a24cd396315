import {
  fieldManager,
  isOurs,
  type KindEntry,
  type KubeObject,
  MeshError,
  managedByLabel,
  movedTo,
  type Place,
  say,
  showPlace,
} from "@isthmus/core";
import { failureProblem, type KubeClient, KubeError } from "@isthmus/kube";
import type { CallOptions } from "../target/target.ts";
import { withoutKeys } from "./withoutKeys.ts";

/**
 * Secrets are outside the catalog, and this file is all that touches one: it reads metadata only, and writes to single names.
 * Rights needed: `get`, `patch` and `create` on secrets of those names.
 */
const secretKind: KindEntry = {
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  read: "optional",
  write: false,
};

/** As writeObject's: an apply with it creates what is absent and nothing else. docs/decisions/0005-create-only.md */
const versionOfNone = "1";

export interface SecretPlace {
  readonly cluster: string;
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
}

/** What may be known of a Secret. */
export interface SecretFacts {
  readonly isOurs: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Names, not values, of data that others own. */
  readonly foreignKeys: readonly string[];
}

export interface SecretContent {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** By file name; in the clear. */
  readonly data: Readonly<Record<string, string>>;
}

/** Metadata of a Secret, undefined where there is none. Throws CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE … */
export async function readSecretFacts(place: SecretPlace, options: CallOptions): Promise<SecretFacts | undefined> {
  const { client, name, namespace } = place;
  try {
    const object = await client.get(secretKind, name, namespace, { ...options, metadataOnly: true });
    return object === undefined ? undefined : factsOf(object);
  } catch (error) {
    throw explained(error, place);
  }
}

export interface WriteSecretOptions extends CallOptions {
  /** As it was read before: what moved since is not written to (PLAN_STALE). */
  readonly seen: SecretFacts | undefined;
  /** Take over one that is not ours. */
  readonly adopt?: boolean;
}

/**
 * Creates or updates a Secret by server-side apply, with our label. Throws OBJECT_NOT_OURS where it exists without our label
 * and is not to be adopted, PLAN_STALE, NAMESPACE_MISSING, and what the cluster answers. Nothing of the content is in an error.
 */
export async function writeSecret(
  place: SecretPlace,
  content: SecretContent,
  { seen, adopt = false, ...options }: WriteSecretOptions,
): Promise<void> {
  if (seen !== undefined && !seen.isOurs && !adopt) throw notOurs(place);
  const write = (data: Readonly<Record<string, string>>, preconditions: Partial<KubeObject["metadata"]>) =>
    place.client.apply(secretKind, secretObject(place, { ...content, data }, preconditions), {
      ...options,
      force: seen !== undefined,
      metadataOnly: true,
    });
  try {
    const foreign = seen?.foreignKeys.filter((key) => content.data[key] === undefined) ?? [];
    if (seen === undefined) {
      await write(content.data, { resourceVersion: versionOfNone });
      return;
    }
    const { uid, resourceVersion } = seen;
    if (foreign.length === 0) {
      await write(content.data, { uid, resourceVersion });
      return;
    }
    // What others put beside our files would stay: `istio-generated` makes istiod take the Secret for its own and replace it
    // (istio pilot/pkg/bootstrap/certcontroller.go). With another value a field becomes ours, and goes when we leave it out.
    const taken = Object.fromEntries(foreign.map((key) => [key, "isthmus"]));
    const { object } = await write({ ...taken, ...content.data }, { uid, resourceVersion });
    const { resourceVersion: next = resourceVersion } = object.metadata;
    await write(content.data, { uid, resourceVersion: next });
  } catch (error) {
    throw explained(error, place);
  }
}

export interface SecretPart {
  /** In whose name: whoever writes other fields leaves these alone. */
  readonly fieldManager: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** In the clear. */
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Replaces some fields of a Secret and leaves the others, which needs no knowledge of them; the Secret as it is then. Throws
 * as `writeSecret` does.
 */
export async function writeSecretPart(
  place: SecretPlace,
  { fieldManager: manager, annotations, data = {} }: SecretPart,
  { seen, adopt = false, ...options }: WriteSecretOptions & { readonly seen: SecretFacts },
): Promise<SecretFacts> {
  if (!seen.isOurs && !adopt) throw notOurs(place);
  const { uid, resourceVersion } = seen;
  const content = { labels: {}, annotations, data };
  try {
    const { object } = await place.client.apply(secretKind, secretObject(place, content, { uid, resourceVersion }), {
      ...options,
      fieldManager: manager,
      force: true,
      metadataOnly: true,
    });
    return factsOf(object);
  } catch (error) {
    throw explained(error, place);
  }
}

function secretObject(
  { name, namespace }: SecretPlace,
  { labels, annotations, data }: SecretContent,
  preconditions: Partial<KubeObject["metadata"]>,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      labels: { ...labels, [managedByLabel]: fieldManager },
      annotations,
      ...preconditions,
    },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
  };
}

function factsOf(object: KubeObject): SecretFacts {
  const { annotations = {}, uid = "", resourceVersion = "", managedFields = [] } = object.metadata;
  const foreign = managedFields
    .filter(({ manager }) => manager !== fieldManager)
    .flatMap(({ fieldsV1 }) => Object.keys((fieldsV1?.["f:data"] as object | undefined) ?? {}))
    .filter((field) => field.startsWith("f:"))
    .map((field) => field.slice(2));
  return { isOurs: isOurs(object), annotations, uid, resourceVersion, foreignKeys: [...new Set(foreign)].sort() };
}

function placeOf({ cluster, namespace, name }: SecretPlace): Place {
  return { cluster, kind: "Secret", namespace, name };
}

export function notOurs(place: SecretPlace): MeshError {
  return new MeshError({
    code: "OBJECT_NOT_OURS",
    at: placeOf(place),
    message: say`${{ place: showPlace(placeOf(place)) }} exists, and is not ours`,
    hint: "Look at who made it: kubectl get secret --show-managed-fields -o jsonpath={.metadata}. Take it over with --adopt.",
  });
}

function explained(error: unknown, place: SecretPlace): unknown {
  if (!(error instanceof KubeError)) return error;
  const at = placeOf(place);
  if (error.status === 404 && error.isObjectMissing) {
    const message = say`cluster ${{ cluster: place.cluster }}: namespace ${{ namespace: place.namespace }} does not exist`;
    const hint = `kubectl create namespace ${place.namespace}`;
    return new MeshError({ code: "NAMESPACE_MISSING", at, message, hint });
  }
  if (error.status === 409 || error.causes.some(({ field }) => field === "metadata.uid")) {
    const message = say`${{ at: showPlace(at) }} changed meanwhile`;
    return new MeshError({ code: "PLAN_STALE", at, message, hint: "Run the command again." });
  }
  const problem = failureProblem(error, place.cluster);
  // No cause: the server's own words may quote what was sent.
  return problem === undefined
    ? error
    : new MeshError(movedTo({ ...problem, message: withoutKeys(problem.message) }, at));
}
