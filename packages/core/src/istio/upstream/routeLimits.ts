import { parseDuration } from "../duration.ts";
import type { HttpRoute } from "../httpRoute.ts";
import { retryPolicy } from "./retries.ts";

/** What a proxy does at most for one request of a route. */
export interface RouteLimits {
  /** Milliseconds for the request with all its tries; absent: no limit. */
  readonly timeout?: number;
  /** Tries beside the first. */
  readonly retries: number;
}

/** pilot/pkg/networking/core/route/route.go, setTimeout: without one, or with 0, a request may take as long as it likes. */
export function limitsOf({ timeout, retries }: HttpRoute): RouteLimits {
  const milliseconds = timeout === undefined ? undefined : parseDuration(timeout);
  return {
    ...(milliseconds === undefined || milliseconds === 0 ? {} : { timeout: milliseconds }),
    retries: retryPolicy(retries)?.retries ?? 0,
  };
}
