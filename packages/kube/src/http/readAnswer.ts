import { MeshError, say, showPath } from "@isthmus/core";
import { type FieldsShape, readShape } from "@isthmus/core/shape";
import { withoutSecrets } from "../auth/withoutSecrets.ts";
import type { KubeCall } from "../kubeError.ts";

/** Whose answer it is, for messages. */
export interface Answerer {
  readonly cluster: string;
  readonly server: string;
}

/**
 * The body of a successful answer in the form that an API server gives it. Throws ANSWER_MALFORMED: a login page, a proxy or
 * another server may answer in its place.
 */
export function readAnswer(
  answerer: Answerer,
  call: KubeCall,
  shape: FieldsShape,
  body: string,
): Readonly<Record<string, unknown>> {
  const { value, faults } = readShape(shape, parse(answerer, call, body));
  const [first] = faults;
  if (first === undefined) return value as Readonly<Record<string, unknown>>;
  throw malformed(answerer, call, `${first.path.length === 0 ? "it" : showPath(first.path)} ${first.what}`);
}

function parse(answerer: Answerer, call: KubeCall, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    const start = withoutSecrets(body.trim().slice(0, 60)).slice(0, 40);
    throw malformed(
      answerer,
      call,
      start === "" ? "the answer is empty" : `${JSON.stringify(`${start}…`)} is not JSON`,
    );
  }
}

/** ANSWER_MALFORMED: what came is not an answer of an API server. */
export function malformed({ cluster, server }: Answerer, { verb, resource }: KubeCall, why: string): MeshError {
  return new MeshError({
    code: "ANSWER_MALFORMED",
    at: { cluster },
    message: say`cluster ${{ cluster }}: ${{ server }} does not answer as an API server to ${{ verb }} ${{ resource }}: ${why}`,
    hint: "Correct the server's address in the kubeconfig, or see to what answers in its place: a login page, a proxy.",
  });
}
