import { MeshError, say } from "@isthmus/core";
import type { ClusterAccess, ExecPlugin } from "../clusterAccess.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { execInfo, parseExecCredential } from "./execCredential.ts";
import { runPlugin } from "./runPlugin.ts";

/** Credentials are renewed this long before they expire, in milliseconds: a request must not carry one that runs out on its way. */
const margin = 10_000;

/**
 * Asks the kubeconfig's credential plugin, and again when what it gave expires or is refused. One run serves all requests
 * that wait for it.
 */
export function execCredentials(access: ClusterAccess, plugin: ExecPlugin, now: () => number): CredentialSource {
  let running: Promise<Credentials> | undefined;
  let expiresAt = Number.POSITIVE_INFINITY;
  const closing = new AbortController();

  async function ask(): Promise<Credentials> {
    const info = await execInfo(access, plugin);
    const output = await runPlugin(access.name, plugin, JSON.stringify(info), closing.signal);
    const answer = parseExecCredential(output);
    if (answer === undefined) {
      throw new MeshError({
        code: "CLUSTER_UNAUTHORIZED",
        at: { cluster: access.name },
        message: say`cluster ${{ name: access.name }}: the credential plugin ${{ command: plugin.command }} printed no ExecCredential`,
        hint: "Run it by hand and log in again.",
      });
    }
    expiresAt = answer.expiresAt ?? Number.POSITIVE_INFINITY;
    return answer.credentials;
  }

  return {
    current() {
      if (running === undefined || now() > expiresAt - margin) {
        expiresAt = Number.POSITIVE_INFINITY;
        const started = ask();
        running = started;
        started.catch(() => {
          if (running === started) running = undefined;
        });
      }
      return running;
    },
    renew() {
      running = undefined;
      return true;
    },
    close() {
      closing.abort();
    },
  };
}
