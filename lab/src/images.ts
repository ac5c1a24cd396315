import { fileURLToPath } from "node:url";
import type { Container } from "./kubeObject.ts";
import { LabError } from "./labError.ts";
import { programPath } from "./programs.ts";

/** What a container runs as, in a lab that can't run images. */
export type AppProgram =
  | { readonly run: "proxy" }
  | { readonly run: "idle" }
  | { readonly run: "program"; readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };

export interface AppContext {
  readonly home: string;
  readonly cluster: string;
  readonly pod: string;
}

interface KnownImage {
  readonly name: RegExp;
  readonly program: (container: Container, context: AppContext, match: RegExpExecArray) => AppProgram;
}

const knownImages: readonly KnownImage[] = [
  { name: /^auto$/, program: () => ({ run: "proxy" }) },
  { name: /(^|\/)(curl|sleep|pause|busybox|alpine|netshoot)$/, program: () => ({ run: "idle" }) },
  {
    name: /(^|\/)(go-httpbin|httpbin)$/,
    program: (container, context) => ({
      run: "program",
      argv: [
        programPath(context.home, "go-httpbin"),
        ...["-host", "0.0.0.0", "-port", `${firstPort(container, 80)}`],
        // Go closes connections that idled so long, and would do so under calls that Envoy sends at that moment.
        ...["-srv-read-timeout", "0"],
      ],
      // go-httpbin shows these under /env: a test can ask who answered
      env: { HTTPBIN_ENV_POD: context.pod, HTTPBIN_ENV_CLUSTER: context.cluster },
    }),
  },
  {
    name: /(^|\/)(?:examples-)?helloworld-(v\d+)$/,
    program: (container, context, match) => {
      const version = environmentOf(container).SERVICE_VERSION ?? match[2] ?? "v1";
      return script(context, "helloworld", [`${firstPort(container, 5000)}`, version, context.pod, context.cluster]);
    },
  },
  {
    name: /(^|\/)(?:examples-)?bookinfo-(productpage|details|reviews|ratings)-(v\d+)$/,
    program: (container, context, [, , service = "", version = ""]) =>
      script(context, "bookinfo", [`${firstPort(container, 9080)}`, service, version, context.pod, context.cluster]),
  },
  {
    name: /(^|\/)tcp-echo(-server)?$/,
    program: (container, context) => {
      const [ports = `${firstPort(container, 9000)}`, prefix = "hello"] = container.args ?? [];
      return script(context, "tcpEcho", [ports, prefix]);
    },
  },
  {
    name: /(^|\/)grpc-echo$/,
    program: (container, context) => script(context, "grpcEcho", [`${firstPort(container, 7070)}`, context.pod]),
  },
];

export function programOf(container: Container, context: AppContext): AppProgram {
  const name = imageName(container.image);
  for (const known of knownImages) {
    const match = known.name.exec(name);
    if (match !== null) return known.program(container, context, match);
  }
  if (container.command?.[0]?.endsWith("sleep")) return { run: "idle" };
  throw new LabError(
    `image ${container.image} is unknown to the lab: it knows curl, sleep, go-httpbin, httpbin, helloworld-v1, helloworld-v2, bookinfo-*, ` +
      "tcp-echo, grpc-echo and, for gateways, auto; any container whose command is sleep stays idle",
  );
}

function imageName(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}

function firstPort(container: Container, fallback: number): number {
  return container.ports?.[0]?.containerPort ?? fallback;
}

function environmentOf(container: Container): Partial<Record<string, string>> {
  return Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ""]));
}

/** The scripts are copied into the lab's folder (see `copyApps`), because an app's user may not be able to enter ours. */
function script(context: AppContext, name: AppScript, args: readonly string[]): AppProgram {
  const argv = [process.execPath, `${context.home}/apps/${name}.mjs`, ...args];
  return { run: "program", argv, env: { NODE_OPTIONS: "" } };
}

export const appScripts = ["helloworld", "bookinfo", "tcpEcho", "grpcEcho", "mounts"] as const;
type AppScript = (typeof appScripts)[number];

export function appScriptSource(name: AppScript): string {
  return fileURLToPath(new URL(`./apps/${name}.mjs`, import.meta.url));
}
