export type { ClusterAccess, ExecPlugin, Impersonation, PemSource, UserAccess } from "./clusterAccess.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export { type ClientOptions, createKubeClient } from "./createKubeClient.ts";
export { failureProblem } from "./failureProblem.ts";
export type { Timeouts } from "./http/timeouts.ts";
export { realTiming, type Timing } from "./http/timing.ts";
export { withDeadline } from "./http/withDeadline.ts";
export type { RetryPolicy } from "./http/withRetries.ts";
export type {
  AccessAttributes,
  Applied,
  ApplyOptions,
  CallOptions,
  EphemeralContainer,
  ExecOptions,
  ExecResult,
  KubeClient,
  Listed,
  ListOptions,
  ObjectOptions,
  PodContainer,
  PodName,
  PodPort,
  RemoveOptions,
  TokenRequest,
  WatchEvent,
  WatchOptions,
} from "./kubeClient.ts";
export { type KubeCall, KubeError, type KubeErrorCause } from "./kubeError.ts";
export { type Contexts, listContexts } from "./listContexts.ts";
export { withoutManagedFields } from "./objects/withoutManagedFields.ts";
export { orAborted } from "./orAborted.ts";
export { FileRefused, openRegularFile, readRegularFile } from "./readRegularFile.ts";
export { readUpTo } from "./readUpTo.ts";
export { userAgent } from "./userAgent.ts";
