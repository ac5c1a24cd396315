import { isPartial } from "@isthmus/core";
import { pathRows, type Reachability } from "@isthmus/core/reachability";
import { meshReachability } from "@isthmus/engine";
import { exitCodes, failureCode } from "../exit.ts";
import { givenMesh, tellAbsentKinds } from "../givenMesh.ts";
import type { GivenOptions } from "../givenOptions.ts";
import { renderGraph } from "../render/graph.ts";
import { narrowed, pathsCsv, pathsData, pathsGraph, pathsTable } from "../render/pathMatrix.ts";
import { pathsHtml } from "../render/pathsHtml.ts";
import type { Session } from "../session.ts";
import { withMesh } from "../withMesh.ts";

export interface PathsOptions extends GivenOptions {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly namespace?: readonly string[];
  readonly public?: boolean;
  readonly withoutMtls?: boolean;
  readonly crossRegion?: boolean;
  readonly unknown?: boolean;
  readonly refused?: boolean;
  readonly all?: boolean;
}

/** Who reaches what: all callers, all hosts and ports, and what comes of which requests. */
export async function paths(session: Session, options: PathsOptions): Promise<number> {
  const given = await givenMesh(session, options);
  return withMesh(session, given, async (declared) => {
    const { from = [], to = [], namespace = [], public: isPublic = false } = options;
    const { reach, observed, problems } = await meshReachability(
      declared,
      { from, to, namespaces: namespace, isPublic },
      session.reading,
    );
    print(session, narrowed(reach, namespace), options);
    tellAbsentKinds(session, given, observed);
    session.report(problems);
    return isPartial(problems) ? failureCode("paths") : exitCodes.ok;
  });
}

function print(session: Session, reach: Reachability, options: PathsOptions): void {
  const { withoutMtls = false, crossRegion = false, unknown = false, refused = false, all = false } = options;
  const { format, ownFormat } = session;
  const filter = { withoutMutualTls: withoutMtls, crossRegion, unknown, refused };
  const rows = pathRows(reach, filter, { isBrief: format === undefined && ownFormat === undefined });
  switch (ownFormat) {
    case "csv":
      session.print(pathsCsv(rows));
      return;
    case "html":
      session.print(pathsHtml(rows, reach));
      return;
    case "dot":
    case "mermaid":
      session.print(renderGraph(pathsGraph(rows), ownFormat));
      return;
    default:
  }
  if (format !== undefined) session.printData("Paths", pathsData(rows, reach));
  else {
    const isWide = ownFormat === "wide";
    session.print(pathsTable(rows, { style: session.out, isWide, isWhole: all, callers: reach.callers }));
  }
}
