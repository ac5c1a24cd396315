import {
  type MeshError,
  nearestName,
  partConsumers,
  say,
  showDeclared,
  usage,
  withConsumers,
  withoutResource,
} from "@isthmus/core";
import type { IntentFiles } from "@isthmus/engine";
import type { Session } from "../session.ts";
import { changeDeclarations, type FileChange, findDeclared } from "./connect.ts";
import { parseConsumer, parseService } from "./connectIntent.ts";

export interface DisconnectOptions {
  readonly to?: readonly string[];
  readonly dryRun?: boolean;
}

/** Takes a SharedService, or some of its consumers, out of the file that declares it, and shows the plan. Throws USAGE. */
export async function disconnect(session: Session, service: string, options: DisconnectOptions): Promise<number> {
  const name = parseService(service);
  return changeDeclarations(session, options.dryRun === true, (before) => {
    const declared = findDeclared(before, name);
    if (declared === undefined) throw notDeclared(service, before);
    const file = before.sources.fileOf(declared) ?? "";
    const text = before.files.find((each) => each.name === file)?.text ?? "";
    const wanted = { kind: "SharedService", ...name };
    let consumers: ReturnType<typeof partConsumers> = options.to === undefined ? [] : declared.spec.consumers;
    for (const to of options.to ?? []) {
      const { cluster, namespace } = parseConsumer(to);
      consumers = partConsumers(consumers ?? [], cluster, namespace);
      if (consumers === undefined)
        throw usage(say`${{ to }} is not a consumer of ${{ service }} by name`, `edit it in ${file}`);
    }
    const isLast = consumers === undefined || consumers.length === 0;
    const edited = isLast ? withoutResource(text, wanted) : withConsumers(text, wanted, consumers ?? []);
    if (edited === undefined)
      throw usage(say`${{ declared: showDeclared(declared) }} cannot be edited in ${{ file }}`, "edit it by hand");
    const what = isLast ? "is no longer declared" : `is no longer for ${options.to?.join(", ")}`;
    return { file: { name: file, text: edited }, what: `${showDeclared(declared)} ${what}\n` } satisfies FileChange;
  });
}

function notDeclared(service: string, { intents }: IntentFiles): MeshError {
  const names = (intents?.sharedServices ?? []).map(({ metadata }) => `${metadata.name}.${metadata.namespace}`);
  const meant = nearestName(service, names);
  const all = names.length === 0 ? "none is" : `declared are: ${names.slice(0, 10).join(", ")}`;
  return usage(say`no SharedService ${{ service }} is declared`, meant === undefined ? all : `did you mean ${meant}?`);
}
