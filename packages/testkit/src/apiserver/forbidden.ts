import type { RequestEntry } from "./requestLog.ts";
import { StatusError } from "./statusError.ts";

/** The 403 of RBAC. */
export function forbidden({ verb, resource = "", namespace, name }: RequestEntry): StatusError {
  const [plural = "", ...group] = resource.split(".");
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = name === undefined ? resource : `${resource} "${name}"`;
  const message = `${what} is forbidden: User "test" cannot ${verb} resource "${plural}" in API group "${group.join(".")}" ${where}`;
  return new StatusError(403, "Forbidden", message, { ...(name === undefined ? {} : { name }), kind: resource });
}
