import { execa } from "execa";

/** The bundle that users install: `npm run test:lab` builds it first. */
export const bundle = new URL("../../packages/cli/dist/isthmus.js", import.meta.url).pathname;

export interface CliResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the shipped command line without a terminal, in a folder, with the lab's kubeconfig. */
export async function isthmus(cwd: string, kubeconfig: string, ...args: readonly string[]): Promise<CliResult> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bundle, ...args], {
    cwd,
    env: { KUBECONFIG: kubeconfig, NO_COLOR: "1" },
    reject: false,
    stdin: "ignore",
    timeout: 120_000,
  });
  return { exitCode, stdout, stderr };
}
