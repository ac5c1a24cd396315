import { access, copyFile, link, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { provideInotifyInstances } from "./inotifyInstances.ts";
import { LabError } from "./labError.ts";
import { tryRun } from "./run.ts";

const builtPrograms = [
  "cert-manager",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "lab-kubelet",
  "pilot-discovery",
  "pilot-agent",
  "envoy",
  "go-httpbin",
] as const;
export type BuiltProgram = (typeof builtPrograms)[number];

const systemPrograms: Readonly<Record<string, string>> = {
  ip: "iproute2",
  iptables: "iptables",
  "iptables-restore": "iptables",
  dnsmasq: "dnsmasq",
  setpriv: "util-linux",
  sysctl: "procps",
  curl: "curl",
};

export function cacheDirectory(): string {
  return process.env.ISTHMUS_LAB_CACHE ?? join(homedir(), ".cache", "isthmus-lab");
}

const cachedFiles = ["crds.yaml", "cert-manager.yaml", "envoy_bootstrap.json"] as const;
export type CachedFile = (typeof cachedFiles)[number];

export function cachedFile(name: CachedFile): string {
  return join(cacheDirectory(), "files", name);
}

/**
 * Says everything that is missing at once, so that one installation fixes it, and raises the kernel's limit of inotify
 * instances where it is too low for several labs.
 */
export async function checkMachine(): Promise<void> {
  if (process.platform !== "linux") throw new LabError("the lab needs Linux: it is made of network namespaces");
  if (process.getuid?.() !== 0) throw new LabError("the lab needs root: it creates network namespaces");
  const packages = new Set<string>();
  for (const [program, packageName] of Object.entries(systemPrograms)) {
    const found = await tryRun(["sh", "-c", `command -v ${program}`]);
    if (found.exitCode !== 0) packages.add(packageName);
  }
  if (packages.size > 0)
    throw new LabError(
      `programs are missing; install them with: apt-get install ${[...packages].toSorted().join(" ")}`,
    );
  const missing = await missingCached();
  if (missing.length > 0)
    throw new LabError(`not built yet: ${missing.join(", ")}; run: npm run lab -- build (about 20 minutes, once)`);
  await provideInotifyInstances();
}

async function missingCached(): Promise<string[]> {
  const wanted = [
    ...builtPrograms.map((name) => join(cacheDirectory(), "bin", name)),
    ...cachedFiles.map((name) => cachedFile(name)),
  ];
  const present = await Promise.all(
    wanted.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return wanted.filter((_, index) => !present[index]);
}

/** Programs that people run; the lab itself does not. */
export function toolPath(name: "helm" | "istioctl" | "kubectl"): string {
  return join(cacheDirectory(), "bin", name);
}

export function programPath(home: string, name: BuiltProgram): string {
  return join(home, "bin", name);
}

/**
 * Puts the programs and files where unprivileged users can run them: the cache lies in root's home, which uid 1337 can't enter.
 * Hard links cost nothing; across file systems they become copies.
 */
export async function linkPrograms(home: string): Promise<void> {
  await mkdir(join(home, "bin"), { recursive: true });
  await Promise.all([
    ...builtPrograms.map((name) => place(join(cacheDirectory(), "bin", name), programPath(home, name))),
    place(cachedFile("envoy_bootstrap.json"), bootstrapPath(home)),
  ]);
}

export function bootstrapPath(home: string): string {
  return join(home, "bin", "envoy_bootstrap.json");
}

async function place(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EXDEV" || code === "EPERM" || code === "EMLINK") await copyFile(from, to);
    else if (code !== "EEXIST") throw error;
  }
}
