import { MeshError, makeProblem, type Problem, type Sentence, say } from "@isthmus/core";
import { codesOf, isRetryableFailure } from "./failureCodes.ts";
import { DeadlineError } from "./withDeadline.ts";

export interface FailureContext {
  /** The cluster's name in messages. */
  readonly cluster: string;
  readonly server: string;
  /** When the client certificate that we showed ran out, if it did. */
  readonly clientExpired?: string;
}

const untrusted: ReadonlySet<string> = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_UNTRUSTED",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
]);

/** No answer came: what that means for the user. Failures that are not the network's are returned as they are. */
export function explainFailure(failure: unknown, context: FailureContext): unknown {
  const codes = codesOf(failure);
  const problem =
    keyProblem(codes, context) ?? certificateProblem(codes, context) ?? connectionProblem(failure, codes, context);
  return problem === undefined ? failure : new MeshError(problem, { cause: failure });
}

/** The problem of a client certificate that has run out, whoever found it out. */
export function clientExpiredProblem(context: FailureContext): Problem | undefined {
  if (context.clientExpired === undefined) return undefined;
  return makeProblem({
    code: "CLUSTER_CERTIFICATE",
    at: { cluster: context.cluster },
    message: say`cluster ${{ cluster: context.cluster }}: the client certificate of the kubeconfig expired at ${{ expired: context.clientExpired }}`,
    hint: "Log in again, or get a new kubeconfig.",
  });
}

/** OpenSSL could not read what the kubeconfig holds, before any byte went out. */
function keyProblem(codes: readonly string[], context: FailureContext): Problem | undefined {
  const code = codes.find((candidate) => candidate.startsWith("ERR_OSSL_"));
  if (code === undefined) return undefined;
  return makeProblem({
    code: "KUBECONFIG_INVALID",
    at: { cluster: context.cluster },
    message: say`cluster ${{ cluster: context.cluster }}: a certificate or key of the kubeconfig cannot be used (${{ code }})`,
    hint: "Certificate and key must be PEM and belong together: get a new kubeconfig.",
  });
}

function certificateProblem(codes: readonly string[], context: FailureContext): Problem | undefined {
  const { cluster, server } = context;
  const certificate = (message: Sentence, hint: string): Problem =>
    makeProblem({
      code: "CLUSTER_CERTIFICATE",
      at: { cluster },
      message: say`cluster ${{ cluster }}: ${message}`,
      hint,
    });
  if (codes.includes("CERT_HAS_EXPIRED")) {
    return certificate(say`the certificate of ${{ server }} has expired`, "Renew the API server's certificate.");
  }
  if (codes.includes("CERT_NOT_YET_VALID")) {
    return certificate(say`the certificate of ${{ server }} is not valid yet`, "Check the clock of this machine.");
  }
  if (codes.includes("ERR_TLS_CERT_ALTNAME_INVALID")) {
    return certificate(
      say`the certificate of ${{ server }} is not for that host name`,
      "Correct the server in the kubeconfig, or set tls-server-name.",
    );
  }
  if (codes.some((code) => untrusted.has(code))) {
    return certificate(
      say`the certificate of ${{ server }} is not signed by the kubeconfig's certificate authority`,
      "Get a new kubeconfig, or correct certificate-authority-data.",
    );
  }
  if (!codes.some((code) => /^ERR_(SSL|TLS)_/.test(code))) {
    return undefined;
  }
  return (
    clientExpiredProblem(context) ??
    certificate(
      say`no TLS connection to ${{ server }} (${{ code: codes[0] }})`,
      "Check the kubeconfig's server and certificates.",
    )
  );
}

function connectionProblem(failure: unknown, codes: readonly string[], context: FailureContext): Problem | undefined {
  const { cluster, server } = context;
  if (failure instanceof DeadlineError) {
    return makeProblem({
      code: "CLUSTER_UNREACHABLE",
      at: { cluster },
      message: say`cluster ${{ cluster }}: ${{ server }} does not end its answer within ${{ seconds: failure.milliseconds / 1000 }} s`,
      hint: "Check the API server, what stands between it and this machine, and the connection.",
    });
  }
  if (failure instanceof Error && failure.name === "HTTPParserError") {
    return makeProblem({
      code: "CLUSTER_UNREACHABLE",
      at: { cluster },
      message: say`cluster ${{ cluster }}: ${{ server }} does not speak HTTP`,
      hint: "Correct the server's address and port in the kubeconfig.",
    });
  }
  const isUnknownHost = codes.includes("ENOTFOUND");
  if (!isUnknownHost && !isRetryableFailure(failure) && !codes.some((code) => code.startsWith("UND_ERR_")))
    return undefined;
  return makeProblem({
    code: "CLUSTER_UNREACHABLE",
    at: { cluster },
    message: say`cluster ${{ cluster }}: ${{ server }} does not answer (${{ code: codes[0] }})`,
    hint: isUnknownHost
      ? "The host name does not resolve: correct the server in the kubeconfig, or connect to the network that knows it."
      : "Check that the API server runs and can be reached from here.",
  });
}
