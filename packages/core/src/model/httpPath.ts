import { z } from "zod";

/** What Istio takes: pkg/config/security/security.go, CheckValidPathTemplate. It takes a '*' inside a path for itself, we refuse it. */
const pathPattern =
  /^(\/[^*{}]*\*?|\*[^*{}]*|((\/([-a-zA-Z0-9._~%!$&'()+,;:@=]+|\{\*\}))+(\/\{\*\*\}(\/[-a-zA-Z0-9._~%!$&'()+,;:@=]+)*)?|\/\{\*\*\}(\/[-a-zA-Z0-9._~%!$&'()+,;:@=]+)*)\/?)$/;

/** An HTTP path as an AuthorizationPolicy takes it. */
export const httpPathSchema = z
  .string()
  .regex(pathPattern, "must be /exact, /prefix*, *suffix or a template such as /users/{*}/{**}");
