import { tokenPlaceholder } from "../istio/policy/index.ts";
import type { ExternalAccess, ExternalAccessPath } from "../model/index.ts";
import type { OutsideRequest } from "./traceRequest.ts";

/** What a client outside sends that has all that is asked for: a certificate with an accepted name, a good token. */
export function externalAccessRequest(
  { host, port, protocol, server }: ExternalAccessPath,
  access?: ExternalAccess,
): OutsideRequest {
  const { tls, jwt } = access?.spec ?? {};
  const [issuer] = jwt?.issuers ?? [];
  const [header] = issuer?.fromHeaders ?? [];
  const claims = Object.fromEntries((jwt?.claims ?? []).map(({ name, values }) => [name, values.slice(0, 1)]));
  return {
    from: { outside: true, cluster: server.cluster },
    method: "GET",
    url: { scheme: protocol === "HTTP" ? "http" : "https", host: host.replace(/^\*/, "any"), port, path: "/" },
    headers: header === undefined ? {} : { [header.name.toLowerCase()]: `${header.prefix ?? ""}${tokenPlaceholder}` },
    ...(tls?.mode === "Mutual" ? { clientCertificate: { subjectAltNames: tls.clients?.subjectAltNames ?? [] } } : {}),
    ...(issuer === undefined
      ? {}
      : {
          claims: {
            sub: ["client"],
            ...claims,
            iss: [issuer.issuer],
            ...(issuer.audiences === undefined ? {} : { aud: issuer.audiences.slice(0, 1) }),
          },
        }),
  };
}
