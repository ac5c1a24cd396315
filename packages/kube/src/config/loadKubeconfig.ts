import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { say } from "@isthmus/core";
import { FileRefused, readRegularFile } from "../readRegularFile.ts";
import { kubeconfigError } from "./kubeconfigError.ts";
import { type Kubeconfig, parseKubeconfig } from "./parseKubeconfig.ts";

/** A kubeconfig of hundreds of clusters is some MB; what is larger is not a kubeconfig. */
const largestBytes = 8 * 1024 * 1024;

/**
 * The given file, or those of $KUBECONFIG, or ~/.kube/config. Of several files the first to name a thing wins, as in kubectl;
 * files of $KUBECONFIG that do not exist are skipped. Undefined where nothing is given and nothing is there.
 */
export async function loadKubeconfig(
  path: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Kubeconfig | undefined> {
  if (path !== undefined) return readOne(path);
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((entry) => entry !== "");
  if (listed.length === 0) {
    const standard = join(env.HOME ?? homedir(), ".kube", "config");
    return (await exists(standard)) ? readOne(standard) : undefined;
  }
  const present = (await Promise.all(listed.map(async (file) => ((await exists(file)) ? [file] : [])))).flat();
  if (present.length === 0) {
    throw kubeconfigError(
      listed.join(delimiter),
      say`no file of $KUBECONFIG exists: ${{ listed }}`,
      "Correct $KUBECONFIG, or unset it to use ~/.kube/config.",
    );
  }
  return (await Promise.all(present.map(readOne))).reduce(merge);
}

function merge(first: Kubeconfig, second: Kubeconfig): Kubeconfig {
  const currentContext = first.currentContext ?? second.currentContext;
  return {
    files: [...first.files, ...second.files],
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: new Map([...second.contexts, ...first.contexts]),
    clusters: new Map([...second.clusters, ...first.clusters]),
    users: new Map([...second.users, ...first.users]),
  };
}

async function readOne(file: string): Promise<Kubeconfig> {
  return parseKubeconfig(file, await readText(file));
}

async function readText(file: string): Promise<string> {
  try {
    return await readRegularFile(file, { limit: largestBytes });
  } catch (cause) {
    if (cause instanceof FileRefused && cause.code === "TOO_LARGE") {
      throw kubeconfigError(
        file,
        say`kubeconfig ${{ file }} is larger than ${{ megabytes: largestBytes / 1024 / 1024 }} MB`,
        "",
      );
    }
    const { code } = cause as NodeJS.ErrnoException;
    const reason = cause instanceof FileRefused ? cause.message : code;
    const why = code === "ENOENT" ? "does not exist" : `cannot be read (${reason})`;
    throw kubeconfigError(file, say`kubeconfig ${{ file }} ${why}`, "Give the path of a kubeconfig file.", { cause });
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
