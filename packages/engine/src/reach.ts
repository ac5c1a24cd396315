import type { KubeClient } from "@isthmus/kube";

/** What probes ask of an API server beside its objects. */
export type Reach = Pick<KubeClient, "addEphemeralContainer" | "createToken" | "exec" | "list" | "portForward">;
