import ipaddr from "ipaddr.js";
import { type Sentence, say } from "../../findings/index.ts";
import type { Problem } from "../../problem.ts";
import { makeProblem } from "../../problem.ts";
import { at } from "../intents.ts";
import type { ExternalService } from "./externalService.ts";

type Path = readonly (string | number)[];

/** Fields that do not go with each other. */
export function checkExternalService(service: ExternalService): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (code: "FIELD_INVALID" | "FIELD_MISSING", path: Path, message: Sentence, hint: string) =>
    problems.push(makeProblem({ code, at: at(service, "spec", ...path), message, hint }));
  checkEndpoints(service, report);
  checkResolution(service, report);
  checkPorts(service, report);
  return problems;
}

type Reporter = (code: "FIELD_INVALID" | "FIELD_MISSING", path: Path, message: Sentence, hint: string) => void;

function checkEndpoints({ spec: { endpoints, resolution } }: ExternalService, report: Reporter): void {
  if (resolution === "Static" && endpoints === undefined) {
    const message = say`spec.endpoints is missing: resolution Static needs addresses`;
    report("FIELD_MISSING", ["endpoints"], message, "list them, or set resolution: Dns");
  }
  if (resolution !== "Static" && endpoints !== undefined) {
    const message = say`spec.endpoints has no use with resolution ${{ resolution }}`;
    report("FIELD_INVALID", ["endpoints"], message, "remove it, or set resolution: Static");
  }
  for (const [index, endpoint] of (endpoints ?? []).entries()) {
    if (ipaddr.IPv4.isValidFourPartDecimal(endpoint) || ipaddr.IPv6.isValid(endpoint)) continue;
    const message = say`spec.endpoints[${{ index }}] is not an IP address: ${{ endpoint }}`;
    report("FIELD_INVALID", ["endpoints", index], message, "for a host name set resolution: Dns");
  }
}

function checkResolution({ spec: { hosts, ports, resolution, tls, via } }: ExternalService, report: Reporter): void {
  for (const [index, host] of hosts.entries()) {
    if (!host.startsWith("*") || resolution === "None") continue;
    const message = say`spec.hosts[${{ index }}] is a wildcard, and resolution ${{ resolution }} needs exact names`;
    report("FIELD_INVALID", ["hosts", index], message, "set resolution: None, or list the hosts");
  }
  if (resolution !== "None") return;
  for (const [index, { protocol }] of ports.entries()) {
    if (protocol !== "TCP") continue;
    // Without a name in the stream or an address of its own it would take every connection to that port.
    const message = say`spec.ports[${{ index }}] is TCP, and resolution None tells hosts apart by what HTTP and TLS name`;
    report("FIELD_INVALID", ["ports", index, "protocol"], message, "set resolution: Dns or Static");
  }
  if (via !== undefined) {
    const message = say`spec.via has no use with resolution None: the other cluster's gateway needs to know where to connect to`;
    report("FIELD_INVALID", ["via"], message, "set resolution: Dns or Static");
  }
  if (tls !== undefined) {
    const message = say`spec.tls has no use with resolution None: the caller's own connection goes on to the port it names`;
    report("FIELD_INVALID", ["tls"], message, "set resolution: Dns or Static");
  }
}

function checkPorts({ spec: { ports, tls, resolution } }: ExternalService, report: Reporter): void {
  const seen = new Set<number>();
  for (const [index, { number, targetPort }] of ports.entries()) {
    if (seen.has(number)) {
      const message = say`spec.ports lists port ${{ number }} twice`;
      report("FIELD_INVALID", ["ports", index, "number"], message, "keep one of the two");
    }
    seen.add(number);
    if (targetPort !== undefined && resolution === "None") {
      const message = say`spec.ports[${{ index }}].targetPort has no use with resolution None`;
      report("FIELD_INVALID", ["ports", index, "targetPort"], message, "remove it, or set resolution: Dns or Static");
    }
  }
  if (tls !== undefined && ports.every(({ protocol }) => protocol === "HTTPS" || protocol === "TLS")) {
    const message = say`spec.tls has no use: callers of HTTPS and TLS ports speak TLS themselves`;
    report("FIELD_INVALID", ["tls"], message, "remove it, or declare the port that workloads call, such as 80 HTTP");
  }
}
