import { isAbsolute, join, relative, resolve } from "node:path";
import { type Intents, type MeshCluster, MeshError, type SignerConfig, type Sources, say, usage } from "@isthmus/core";
import type { KubeClient } from "@isthmus/kube";
import { type Authority, authoritySigner, decryptKeyFile, keyFileCertificates, type Signer } from "@isthmus/pki";
import { connectCluster, declaredPath } from "../target/openTargets.ts";
import { certManagerSigner } from "./certManagerSigner.ts";
import { commandSigner } from "./commandSigner.ts";
import { type NamedFile, readKeyFile } from "./keyFiles.ts";

/** Which of the mesh's two authorities: the one of its identities, or the one for certificates at its edge. */
export type CaKind = "mesh" | "external";

export interface CaOptions {
  readonly intents: Intents;
  readonly sources: Sources | undefined;
  readonly cwd: string;
  readonly kubeconfig?: string;
  readonly trustAccess?: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Asks for the passphrase of a key file, by the name that the user knows it by. */
  readonly passphrase: (file: string) => Promise<string>;
  readonly signal?: AbortSignal;
}

/** The certificate authority of a mesh as declared in `spec.ca`. Holds connections: close it. */
export interface Ca extends Omit<CaOptions, "passphrase"> {
  /** The signer; asks for a passphrase where it needs one, once. */
  signer(kind: CaKind): Promise<Signer>;
  /** The root that the signer leads to, as PEM, without asking anybody; undefined where only the signer knows. */
  knownRoot(kind: CaKind): Promise<string | undefined>;
  /** The key file of a signer; throws USAGE where the signer is another. */
  keyFile(kind: CaKind): NamedFile;
  /** A path that the Mesh names, relative to its file. */
  meshPath(path: string): NamedFile;
  /** Throws USAGE where the cluster is a directory, KUBECONFIG_INVALID. */
  client(cluster: MeshCluster): Promise<KubeClient>;
  close(): Promise<void>;
}

const certManagerTimeLimit = 300_000;

export function openCa(options: CaOptions): Ca {
  const { intents, sources, cwd, env, kubeconfig, trustAccess = false, now, passphrase } = options;
  const { mesh } = intents;
  const clients = new Map<string, Promise<KubeClient>>();
  const signers = new Map<CaKind, Promise<Signer>>();

  const meshPath = (path: string): NamedFile => {
    const name = declaredPath(path, mesh, { sources, cwd });
    return { path: resolve(cwd, name), name: isAbsolute(path) ? path : relative(cwd, resolve(cwd, name)) };
  };

  const client = (cluster: MeshCluster): Promise<KubeClient> => {
    const { name } = cluster.metadata;
    if (cluster.spec.access.directory !== undefined) throw isDirectory(name);
    const ways = { sources, cwd, trustAccess, ...(kubeconfig && { kubeconfig }) };
    const open = clients.get(name) ?? connectCluster(cluster, ways);
    clients.set(name, open);
    return open;
  };

  async function open(kind: CaKind): Promise<Signer> {
    const { file, certManager, exec } = signerConfig(intents, kind);
    if (file !== undefined) {
      const found = meshPath(file.path);
      const authority = await openKeyFile(found, passphrase);
      return authoritySigner(authority, { description: `key file ${found.name}`, now });
    }
    if (certManager !== undefined) {
      const cluster = intents.clusters.find(({ metadata }) => metadata.name === certManager.cluster);
      if (cluster === undefined) throw unknownCluster(certManager.cluster);
      return certManagerSigner({ ...certManager, client: await client(cluster), timeLimit: certManagerTimeLimit });
    }
    const [program = "", ...args] = exec?.command ?? [];
    return commandSigner({
      command: [program.includes("/") ? meshPath(program).path : program, ...args],
      cwd,
      env,
      timeLimit: (exec?.timeoutSeconds ?? 60) * 1000,
    });
  }

  return {
    ...options,
    meshPath,
    client,
    signer: (kind) => {
      const opened = signers.get(kind) ?? open(kind);
      signers.set(kind, opened);
      // The next one may have a better passphrase.
      opened.catch(() => signers.delete(kind));
      return opened;
    },
    knownRoot: async (kind) => {
      const { file } = signerConfig(intents, kind);
      if (file === undefined) return undefined;
      const found = meshPath(file.path);
      return lastOf(keyFileCertificates(await readKeyFile(found), found.name));
    },
    keyFile: (kind) => {
      const { file } = signerConfig(intents, kind);
      if (file === undefined) throw hasNoKeyFile(kind);
      return meshPath(file.path);
    },
    close: async () => {
      const opened = await Promise.allSettled(clients.values());
      await Promise.all(opened.map((each) => (each.status === "fulfilled" ? each.value.close() : undefined)));
    },
  };
}

function signerConfig({ mesh }: Intents, kind: CaKind): SignerConfig {
  return kind === "mesh" ? mesh.spec.ca.signer : mesh.spec.ca.external.signer;
}

async function openKeyFile(file: NamedFile, passphrase: CaOptions["passphrase"]): Promise<Authority> {
  const text = await readKeyFile(file);
  return decryptKeyFile(text, await passphrase(file.name), file.name);
}

function lastOf(pem: string): string {
  const start = pem.lastIndexOf("-----BEGIN CERTIFICATE-----");
  return pem.slice(Math.max(start, 0));
}

function isDirectory(name: string): MeshError {
  return usage(
    say`cluster ${{ name }} is a directory, and a private key has no place in it`,
    "Write the files with --out, and bring them into the cluster as Secret cacerts by a way that keeps secrets.",
    { at: { kind: "MeshCluster", name } },
  );
}

function unknownCluster(name: string): MeshError {
  return new MeshError({
    code: "CLUSTER_UNKNOWN",
    at: { kind: "Mesh", field: "spec.ca" },
    message: say`cert-manager's cluster ${{ name }} is not declared`,
    hint: "Declare it as a MeshCluster, or correct certManager.cluster.",
  });
}

function hasNoKeyFile(kind: CaKind): MeshError {
  const field = kind === "mesh" ? "spec.ca.signer" : "spec.ca.external.signer";
  const hint = `Set ${field}.file.path to keep the key in a file.`;
  return usage(say`${{ field }} of the Mesh names no key file: another signer keeps the key`, hint);
}

/** For joins of declared folders. */
export function inFolder(folder: NamedFile, name: string): NamedFile {
  return { path: join(folder.path, name), name: join(folder.name, name) };
}
