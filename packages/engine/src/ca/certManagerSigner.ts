import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { fieldManager, type KindEntry, type KubeObject, MeshError, managedByLabel, say } from "@isthmus/core";
import { failureProblem, type KubeClient } from "@isthmus/kube";
import type { Profile, Signer, SigningRequest, SignOptions } from "@isthmus/pki";

/** https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.CertificateRequest */
const certificateRequestKind: KindEntry = {
  group: "cert-manager.io",
  version: "v1",
  kind: "CertificateRequest",
  plural: "certificaterequests",
  namespaced: true,
  read: "optional",
  write: false,
};

export interface CertManagerSignerOptions {
  readonly cluster: string;
  /** Closed by whoever opened it. */
  readonly client: KubeClient;
  readonly namespace: string;
  readonly issuer: { readonly name: string; readonly kind: string; readonly group: string };
  /** Milliseconds to wait for the issuer; an approver may be a person. */
  readonly timeLimit: number;
}

/** cert-manager compares them with the request's own extensions, and refuses where they differ. */
const usages: Readonly<Record<Profile, readonly string[]>> = {
  intermediate: ["digital signature", "cert sign", "crl sign"],
  server: ["digital signature", "server auth"],
  client: ["digital signature", "client auth"],
};

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface RequestStatus {
  readonly conditions?: readonly Condition[];
  /** Base64 of PEM. */
  readonly certificate?: string;
  readonly ca?: string;
}

/**
 * A signer that is an issuer of cert-manager: makes a CertificateRequest, waits until it is signed, and deletes it. Rights
 * needed: get, create, patch and delete on certificaterequests. Throws SIGNER_FAILED where it is denied, fails or takes too
 * long, and what the cluster answers.
 */
export function certManagerSigner(options: CertManagerSignerOptions): Signer {
  const { cluster, client, namespace, issuer, timeLimit } = options;
  const description = `cert-manager ${issuer.kind} ${issuer.name} in ${cluster}`;
  const failed = ({ subject }: SigningRequest, message: string, hint: string) =>
    new MeshError({
      code: "SIGNER_FAILED",
      at: { thing: subject },
      message: say`${description}: ${{ reason: message }}`,
      hint,
    });

  async function sign(request: SigningRequest, { signal }: SignOptions = {}): Promise<string> {
    const object = certificateRequest(request, namespace, issuer);
    const { name } = object.metadata;
    const call = signal === undefined ? {} : { signal };
    try {
      await client.apply(certificateRequestKind, object, call);
      try {
        return await waitUntilSigned(request, name, call);
      } finally {
        // Also after Ctrl-C: what we asked for nobody else collects.
        await client.remove(certificateRequestKind, name, namespace).catch(() => {});
      }
    } catch (error) {
      const problem = failureProblem(error, cluster);
      throw problem === undefined || error instanceof MeshError ? error : new MeshError(problem, { cause: error });
    }
  }

  async function waitUntilSigned(request: SigningRequest, name: string, call: SignOptions): Promise<string> {
    const deadline = performance.now() + timeLimit;
    for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
      const live = await client.get(certificateRequestKind, name, namespace, call);
      if (live === undefined) throw failed(request, `CertificateRequest ${namespace}/${name} was deleted`, "");
      const status = (live.status ?? {}) as RequestStatus;
      const refusal = refusalIn(status);
      if (refusal !== undefined) throw failed(request, refusal, "See the issuer's status, and who approves requests.");
      if (isTrue(status, "Ready") && status.certificate !== undefined) return chainOf(status);
      if (performance.now() > deadline) {
        throw failed(
          request,
          `CertificateRequest ${namespace}/${name} is not signed after ${timeLimit / 1000} s${reasonToWait(status)}`,
          "Is cert-manager running, does the issuer exist and is it ready, and who approves the request?",
        );
      }
      await delay(pause, undefined, call);
    }
  }

  return { description, sign };
}

function certificateRequest(
  { csr, profile, days, seconds, subject }: SigningRequest,
  namespace: string,
  issuerRef: CertManagerSignerOptions["issuer"],
): KubeObject {
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "CertificateRequest",
    metadata: {
      name: `isthmus-${profile}-${randomBytes(6).toString("hex")}`,
      namespace,
      labels: { [managedByLabel]: fieldManager },
      annotations: { "isthmus.io/subject": subject },
      // Creates and never updates: docs/decisions/0005-create-only.md
      resourceVersion: "1",
    },
    spec: {
      request: Buffer.from(csr).toString("base64"),
      isCA: profile === "intermediate",
      usages: usages[profile],
      duration: seconds === undefined ? `${days * 24}h0m0s` : `${seconds}s`,
      issuerRef,
    },
  };
}

function isTrue({ conditions = [] }: RequestStatus, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}

/** Why it will never be signed. https://cert-manager.io/docs/usage/certificaterequest/#conditions */
function refusalIn(status: RequestStatus): string | undefined {
  const final = (status.conditions ?? []).find(
    ({ type, status: value, reason }) =>
      (value === "True" && (type === "Denied" || type === "InvalidRequest")) ||
      (type === "Ready" && value === "False" && (reason === "Failed" || reason === "Denied")),
  );
  if (final === undefined) return undefined;
  const what = final.type === "Ready" ? (final.reason ?? "Failed") : final.type;
  return `the request is ${what}${final.message === undefined ? "" : `: ${final.message}`}`;
}

/** What cert-manager waits for: an issuer that is not there, an approval. */
function reasonToWait({ conditions = [] }: RequestStatus): string {
  const message = conditions.find(({ type }) => type === "Ready")?.message ?? "";
  return message === "" ? "" : `: ${message}`;
}

/** `ca` is the issuer's root, where the issuer knows it; a chain may be in `certificate` already. */
function chainOf({ certificate = "", ca = "" }: RequestStatus): string {
  return [certificate, ca].map((text) => Buffer.from(text, "base64").toString("utf8")).join("\n");
}
