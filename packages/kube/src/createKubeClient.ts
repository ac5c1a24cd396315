import { fieldManager } from "@isthmus/core";
import type { ClusterAccess } from "./clusterAccess.ts";
import { Session } from "./http/session.ts";
import { defaultTimeouts, type Timeouts } from "./http/timeouts.ts";
import { realTiming, type Timing } from "./http/timing.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./http/withRetries.ts";
import type { KubeClient } from "./kubeClient.ts";
import { applyObject } from "./objects/applyObject.ts";
import { createToken } from "./objects/createToken.ts";
import { readClock, readServed, readVersion } from "./objects/discovery.ts";
import { getObject } from "./objects/getObject.ts";
import { listAll } from "./objects/listAll.ts";
import { removeFinalizer } from "./objects/removeFinalizer.ts";
import { removeObject } from "./objects/removeObject.ts";
import { reviewAccess } from "./objects/reviewAccess.ts";
import { watchEvents } from "./objects/watchEvents.ts";
import { addEphemeralContainer } from "./pods/addEphemeralContainer.ts";
import { execInPod } from "./pods/execInPod.ts";
import { forwardPort } from "./pods/forwardPort.ts";
import { podText } from "./pods/podText.ts";

export interface ClientOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** Clock and randomness; the real ones unless told. */
  readonly timing?: Timing;
  /** In whose name fields are applied; `isthmus` unless told. */
  readonly fieldManager?: string;
}

/** A client for one API server. Nothing is sent or read before the first call. */
export function createKubeClient(access: ClusterAccess, options: ClientOptions = {}): KubeClient {
  const manager = options.fieldManager ?? fieldManager;
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const retry = { ...defaultRetryPolicy, ...options.retry };
  const session = new Session(access, { timeouts, retry, timing: options.timing ?? realTiming });
  return {
    server: access.server,
    isVerified: access.insecureSkipTlsVerify !== true,
    list: async (kind, listOptions = {}) => (await listAll(session, kind, listOptions)).objects,
    snapshot: (kind, listOptions = {}) => listAll(session, kind, listOptions),
    get: (kind, name, namespace, callOptions = {}) => getObject(session, kind, name, namespace, callOptions),
    apply: (kind, object, applyOptions = {}) =>
      applyObject(session, kind, object, { ...applyOptions, fieldManager: applyOptions.fieldManager ?? manager }),
    remove: (kind, name, namespace, removeOptions = {}) => removeObject(session, kind, name, namespace, removeOptions),
    removeFinalizer: (kind, object, finalizer, callOptions = {}) =>
      removeFinalizer(session, kind, object, finalizer, callOptions),
    watch: (kind, resourceVersion, watchOptions = {}) =>
      watchEvents(session, kind, resourceVersion, watchOptions, timeouts.watch),
    version: ({ signal } = {}) => readVersion(session, signal),
    clock: ({ signal } = {}) => readClock(session, signal),
    served: (group, version, { signal } = {}) => readServed(session, group, version, signal),
    mayI: (access, { signal } = {}) => reviewAccess(session, access, signal),
    exec: (pod, argv, execOptions = {}) => execInPod(session, pod, argv, execOptions),
    addEphemeralContainer: (pod, container, callOptions = {}) =>
      addEphemeralContainer(session, pod, container, callOptions),
    portForward: (pod, callOptions = {}) => forwardPort(session, pod, callOptions),
    createToken: (request, callOptions = {}) => createToken(session, request, callOptions),
    podText: (pod, path, callOptions = {}) => podText(session, pod, path, callOptions),
    close: () => session.close(),
  };
}
