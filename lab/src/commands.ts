import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { isAnythingUp, stopLab } from "./down.ts";
import type { Lab } from "./lab.ts";
import { LabError } from "./labError.ts";
import { appUser, defaultHome } from "./layout.ts";
import { cacheDirectory } from "./programs.ts";
import { asUser, inNamespace } from "./run.ts";
import { attachLab, type LabOptions, startLab } from "./startLab.ts";
import { renderStatus } from "./status.ts";

export interface Output {
  readonly write: (text: string) => void;
}

/** A command takes its arguments and returns the exit code. */
export type Command = (args: string[], output: Output) => Promise<number>;

export const usage = `usage: npm run lab -- <command>
  build                                     build the programs (about 20 minutes, once)
  up [--clusters N] [--nodes N] [--gateway NodePort|LoadBalancer|none] [--roots shared|separate]
     [--outbound ALLOW_ANY|REGISTRY_ONLY] [--certificates 24h] [--no-mesh] [--force]
  status
  apply <cluster> [-n namespace] -f file    Deployments and Pods are realised; - is standard input
  delete <cluster> [-n namespace] -f file
  delete <cluster> pod|deployment|service|namespace <namespace>/<name>
  exec <cluster> <namespace>/<pod, deployment or app> -- program args...
  stop|start <cluster> apiserver|istiod|<namespace>/<pod, deployment or app>
  dns                                       tell cluster DNS about Services that others made
  down
LAB_HOME (${defaultHome()}) holds the lab's state; labs with different homes run side by side.
`;

export const commands: Readonly<Record<string, Command>> = {
  build: async () => {
    const script = join(dirname(fileURLToPath(import.meta.url)), "..", "build.sh");
    const result = await execa("bash", [script, join(cacheDirectory(), "bin")], { stdio: "inherit", reject: false });
    return result.exitCode ?? 1;
  },
  up: async (args, { write }) => {
    const started = Date.now();
    const say = (message: string) => write(`${((Date.now() - started) / 1000).toFixed(1).padStart(5)}s  ${message}\n`);
    const lab = await startLab({ ...upOptions(args), keepFailed: true, onProgress: say });
    say("up");
    write(`export KUBECONFIG=${lab.kubeconfig}\n`);
    lab.close();
    return 0;
  },
  down: async (args, { write }) => {
    parseArgs({ args, options: {} });
    const wasUp = await isAnythingUp(defaultHome());
    const { processes } = await stopLab();
    write(wasUp ? `removed the lab in ${defaultHome()} (${processes} processes)\n` : "nothing was up\n");
    return 0;
  },
  status: async (args, { write }) => {
    parseArgs({ args, options: {} });
    return withLab(async (lab) => {
      write(`${await renderStatus(lab)}\n`);
      return 0;
    });
  },
  apply: (args) =>
    withLab(async (lab) => {
      const { cluster, namespace, text } = await manifestArgs(args);
      if (text === undefined) throw new LabError("apply needs -f <file>");
      await lab.apply(cluster, text, namespace);
      return 0;
    }),
  delete: (args) =>
    withLab(async (lab) => {
      const { cluster, namespace, text, rest } = await manifestArgs(args);
      await lab.remove(cluster, text ?? objectRef(rest), namespace);
      return 0;
    }),
  exec: (args) =>
    withLab(async (lab) => {
      const [cluster = "", pod = "", ...argv] = args.filter(
        (arg, index) => arg !== "--" || args.indexOf("--") !== index,
      );
      if (argv.length === 0) throw new LabError("exec needs <cluster> <namespace>/<pod> -- program args...");
      const { netns } = await lab.pod(cluster, pod);
      const [program = "", ...programArgs] = inNamespace(netns, asUser(appUser, argv));
      const result = await execa(program, programArgs, { stdio: "inherit", reject: false });
      return result.exitCode ?? 1;
    }),
  stop: (args) => withLab((lab) => switchPart(lab, args, "stop")),
  start: (args) => withLab((lab) => switchPart(lab, args, "start")),
  dns: () =>
    withLab(async (lab) => {
      await lab.refreshDns();
      return 0;
    }),
};

async function withLab(use: (lab: Lab) => Promise<number>): Promise<number> {
  const lab = await attachLab();
  try {
    return await use(lab);
  } finally {
    lab.close();
  }
}

async function switchPart(lab: Lab, args: readonly string[], to: "start" | "stop"): Promise<number> {
  const [cluster = "", part = ""] = args;
  if (part === "") throw new LabError(`${to} needs <cluster> apiserver|istiod|<namespace>/<pod>`);
  if (part === "apiserver") await (to === "start" ? lab.startApiServer(cluster) : lab.stopApiServer(cluster));
  else if (part === "istiod") await (to === "start" ? lab.startIstiod(cluster) : lab.stopIstiod(cluster));
  else await (to === "start" ? lab.startPod(cluster, part) : lab.stopPod(cluster, part));
  return 0;
}

function upOptions(args: string[]): LabOptions {
  const { values } = parseArgs({
    args,
    options: {
      clusters: { type: "string" },
      nodes: { type: "string" },
      gateway: { type: "string" },
      roots: { type: "string" },
      outbound: { type: "string" },
      certificates: { type: "string" },
      "no-mesh": { type: "boolean" },
      force: { type: "boolean" },
    },
  });
  return {
    ...(values.clusters === undefined ? {} : { clusters: Number(values.clusters) }),
    ...(values.nodes === undefined ? {} : { nodes: Number(values.nodes) }),
    ...(values.gateway === undefined
      ? {}
      : { gateway: oneOf("--gateway", values.gateway, ["NodePort", "LoadBalancer", "none"]) }),
    ...(values.roots === undefined ? {} : { roots: oneOf("--roots", values.roots, ["shared", "separate"]) }),
    ...(values.outbound === undefined
      ? {}
      : { outbound: oneOf("--outbound", values.outbound, ["ALLOW_ANY", "REGISTRY_ONLY"]) }),
    ...(values.certificates === undefined ? {} : { certificates: values.certificates }),
    mesh: values["no-mesh"] !== true,
    force: values.force === true,
  };
}

function oneOf<const T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new LabError(`${option} must be one of: ${allowed.join(", ")}`);
  return found;
}

interface ManifestArgs {
  readonly cluster: string;
  readonly namespace: string;
  readonly text: string | undefined;
  readonly rest: readonly string[];
}

async function manifestArgs(args: string[]): Promise<ManifestArgs> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      file: { type: "string", short: "f", multiple: true },
      namespace: { type: "string", short: "n", default: "default" },
    },
  });
  const [cluster = "", ...rest] = positionals;
  const texts = await Promise.all(
    (values.file ?? []).map((file) => readFile(file === "-" ? "/dev/stdin" : file, "utf8")),
  );
  return { cluster, namespace: values.namespace, text: texts.length > 0 ? texts.join("\n---\n") : undefined, rest };
}

const deletable: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> = {
  pod: { apiVersion: "v1", kind: "Pod" },
  deployment: { apiVersion: "apps/v1", kind: "Deployment" },
  service: { apiVersion: "v1", kind: "Service" },
  namespace: { apiVersion: "v1", kind: "Namespace" },
};

function objectRef([kind = "", path = ""]: readonly string[]) {
  const known = deletable[kind.toLowerCase()];
  if (known === undefined || path === "")
    throw new LabError(`delete needs -f <file>, or one of ${Object.keys(deletable).join("|")} and <namespace>/<name>`);
  const [namespace = "", name] = path.split("/");
  return name === undefined ? { ...known, name: namespace } : { ...known, namespace, name };
}
