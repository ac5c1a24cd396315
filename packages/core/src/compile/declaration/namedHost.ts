import { type Place, say } from "../../findings/index.ts";
import type { IstioCluster } from "../../istio/index.ts";
import { clusterObject } from "../../kinds/index.ts";
import type { Mesh } from "../../model/index.ts";
import { checkSidecars } from "./checkSidecars.ts";
import { claimOfHost, reportRoutes, routesInTheWay, ruleInTheWay } from "./claims.ts";
import type { CompileContext } from "./compileContext.ts";
import { ExportReport } from "./exportReport.ts";
import { collect, type Output } from "./output.ts";
import { placements } from "./placement.ts";
import type { Report, Told } from "./report.ts";

interface HostClaim {
  readonly owner: string;
  /** Whose workloads call it; undefined: every namespace's. */
  readonly namespaces: readonly string[] | undefined;
  readonly host: string;
  /** What the host would mean. Two claims with different meanings exclude each other where the same workloads see them. */
  readonly meaning: string;
  readonly place: Place;
  /** What to do where the host is taken. */
  readonly remedy: string;
  /** Of an exported Service: where its problems are shown. */
  readonly exportPlace?: Place;
}

/** The name that we give all ServiceEntries of a host, or that of each by the number of one of its ports. */
export type EntryNames = string | { readonly namespace: string; readonly service: string };

/** A host that a declaration asks for in one consuming cluster. */
export interface WantedHost extends HostClaim {
  readonly facts: IstioCluster;
  readonly ports: readonly number[];
  /** What to do where the user has a DestinationRule for the host; absent where we write none. */
  readonly ruleRemedy?: string;
  /** Whether we write a VirtualService for it. */
  readonly writesRoutes?: boolean;
  /** Of its ServiceEntries; absent where it needs no virtual address. */
  readonly entries?: EntryNames;
}

/** The same with all that its cluster says about it: what `link` needs to tell whether it can be had, and what to write then. */
export interface NamedHost extends HostClaim {
  readonly cluster: string;
  /** What an object of the user's that has it already makes of it. */
  readonly claimed: Told | undefined;
  readonly address: { readonly placements: readonly string[]; readonly entries: EntryNames } | undefined;
  /** With `addressToCome` for its address. */
  readonly output: Output;
}

/** Stands in objects of a host until `link` knows its virtual address. */
export const addressToCome = "";

/** `write` writes what the host needs; what is written goes nowhere as long as the host cannot be had. */
export function namedHost(wanted: WantedHost, mesh: Mesh, write: (context: CompileContext) => void): NamedHost {
  const { owner, namespaces, host, meaning, place, remedy, exportPlace, facts, ports, entries } = wanted;
  const [isClaimed, claimed] = collect(mesh, ({ report }) => isClaimedByUser(wanted, mesh, reportOf(wanted, report)));
  const [, output] = collect(mesh, (context) => {
    const standsIn = (caller: string) => (namespaces === undefined ? mesh.spec.istioNamespace : caller);
    checkSidecars({ facts, namespaces, host, standsIn, ports, place }, reportOf(wanted, context.report));
    write(context);
  });
  // One literal: a field that is added to a spread takes V8 a microsecond, and there is one of these for each import.
  const named = {
    owner,
    namespaces,
    host,
    meaning,
    place,
    remedy,
    cluster: facts.name,
    claimed: isClaimed ? claimed : undefined,
    address:
      entries === undefined
        ? undefined
        : { placements: placements(namespaces, mesh).map(({ namespace }) => namespace), entries },
    output,
  };
  return exportPlace === undefined ? named : { ...named, exportPlace };
}

/** Where problems of a host go. */
export function reportOf({ exportPlace }: Pick<HostClaim, "exportPlace">, report: Report): Report {
  return exportPlace === undefined ? report : new ExportReport(report, exportPlace);
}

function isClaimedByUser(wanted: WantedHost, mesh: Mesh, report: Report): boolean {
  const { owner, facts, namespaces, host, place, remedy, ruleRemedy, writesRoutes } = wanted;
  const routes = writesRoutes === true ? routesInTheWay(facts, host, namespaces) : undefined;
  if (routes !== undefined) {
    reportRoutes({ owner, place, cluster: facts.name, host, routes }, report);
    return true;
  }
  for (const namespace of namespaces ?? ["*"]) {
    const claim = claimOfHost(facts, host, namespace);
    if (claim !== undefined) {
      const message = say`${{ host }} is already the name of ${{ claim }} in ${{ name: facts.name }}`;
      report.add(owner, "HOST_CONFLICT", place, message, say`remove it, or ${{ remedy }}`);
      return true;
    }
    const ours = { host, namespace: namespace === "*" ? mesh.spec.istioNamespace : namespace };
    const clients = namespace === "*" ? undefined : [namespace];
    const rule = ruleRemedy === undefined ? undefined : ruleInTheWay(facts, ours, clients);
    if (rule !== undefined) {
      report.add(
        owner,
        "DESTINATION_RULE_CONFLICT",
        place,
        say`${{ destinationRule: clusterObject(facts.name, rule) }} in ${{ cluster: facts.name }} is for ${{ host }}, which needs one of ours; two for one host do not merge`,
        say`remove it; ${{ ruleRemedy }}`,
      );
      return true;
    }
  }
  return false;
}
