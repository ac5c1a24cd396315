import { loadRotation, type RenewEvent } from "@isthmus/engine";
import { confirm } from "../confirm.ts";
import { exitCodes } from "../exit.ts";
import { intermediateNews, intermediateProblems, renderIntermediates } from "../render/intermediates.ts";
import { rotationPace } from "../rotationPace.ts";
import type { Session } from "../session.ts";
import { withCa } from "../withCa.ts";
import type { RotateChoice } from "./caRotateRoot.ts";

/** Renews clusters' intermediates one after the other: 0 done, 1 not yet. */
export async function caRotateIntermediates(
  session: Session,
  choice: RotateChoice & { readonly all?: boolean },
): Promise<number> {
  return withCa(session, choice, async ({ ca }) => {
    const rotation = await loadRotation();
    const clusters = await rotation.rotationClusters(ca);
    if (choice.status !== true && choice.yes !== true) {
      const which = choice.all === true ? "all intermediates" : "the intermediates that are due";
      const question = `Renew ${which} of ${clusters.map(({ cluster }) => cluster).join(", ")}?`;
      if ((await confirm(session, question, "Look with --status, then give --yes.")) !== "yes")
        return exitCodes.interrupted;
    }
    const news = intermediateNews(session.err);
    const statuses = await rotation.renewIntermediates(clusters, {
      issue: rotation.issueWith(ca, { signer: () => ca.signer("mesh") }),
      readOnly: choice.status === true,
      wait: choice.wait,
      adopt: choice.adopt === true,
      all: choice.all === true,
      mountDelay: choice.mountDelay,
      ...rotationPace(choice),
      signal: session.signal,
      ...(choice.status !== true && { onEvent: (event: RenewEvent) => session.note(news(event)) }),
    });
    const problems = intermediateProblems(statuses);
    if (session.format !== undefined) session.printData("Intermediates", { clusters: statuses, problems });
    else session.print(renderIntermediates(statuses, session.out));
    session.report(problems);
    return problems.length === 0 ? exitCodes.ok : exitCodes.failed;
  });
}
