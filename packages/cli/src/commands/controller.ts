import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { runController } from "@isthmus/controller";
import type { DeleteLimit } from "@isthmus/core/plan";
import { hubManifests } from "@isthmus/core/setup";
import { connect } from "@isthmus/kube";
import { pino } from "pino";
import { exitCodes } from "../exit.ts";
import { renderYaml } from "../render/data.ts";
import type { Session } from "../session.ts";

export interface ControllerCommandOptions {
  readonly context?: string;
  readonly namespace: string;
  readonly readOnly?: boolean;
  readonly manifests?: boolean;
  readonly maxDelete?: DeleteLimit;
  readonly listen: string;
  readonly logLevel: string;
}

/** Runs until it is interrupted; its log goes to standard output, a JSON object a line. */
export async function controller(session: Session, options: ControllerCommandOptions): Promise<number> {
  if (options.manifests === true) return printManifests(session, options);
  const { context, namespace, readOnly = false, maxDelete, listen, logLevel } = options;
  const { kubeconfig } = session.options;
  const way = {
    cluster: "the management cluster",
    ...(context !== undefined && { context }),
    ...(kubeconfig !== undefined && { kubeconfigPath: kubeconfig }),
  };
  const [hub, leaseClient] = await Promise.all([connect(way), connect(way)]);
  const log = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, session.io.stdout);
  const identity = `${hostname()}_${randomBytes(4).toString("hex")}`;
  log.info({ identity, server: hub.server, namespace, readOnly }, "the controller begins");
  await runController(
    {
      ...{ hub, leaseClient, namespace, identity, log, readOnly },
      ...(maxDelete !== undefined && { maxDelete }),
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(listen !== "none" && { statusAddress: listen }),
    },
    session.signal,
  );
  log.info("the controller has ended: no write is under way");
  return exitCodes.ok;
}

function printManifests(session: Session, { namespace }: ControllerCommandOptions): number {
  const manifests = hubManifests({ namespace, name: "isthmus-controller" });
  if (session.format === "json") session.printManifests({ apiVersion: "v1", kind: "List", items: manifests });
  else session.print(manifests.map(renderYaml).join("---\n"));
  return exitCodes.ok;
}
