import { open } from "node:fs/promises";
import { MeshError, makeProblem, type Problem, type Sentence, say, usage } from "@isthmus/core";
import { type DecodedPlan, decodeSavedPlan, encodeSavedPlan, type SavedPlan, savedPlanStart } from "@isthmus/core/plan";
import { FileRefused, readRegularFile } from "@isthmus/kube";
import { writeFileAtomically } from "../target/directory/writeFileAtomically.ts";

/** Bytes. A plan that creates everything for 10 clusters of 1,000 shared services is about 40 MB. */
export const maxSavedPlanSize = 128 * 1024 * 1024;

// The plan tells how a mesh is built: not for everybody on the machine.
const onlyOwner = 0o600;

/**
 * Saves a plan for its user only, all of it or nothing. Throws a `MeshError`: WRITE_FAILED, and USAGE where the file is there
 * and holds something else.
 */
export async function writeSavedPlan(path: string, saved: SavedPlan): Promise<void> {
  if (!(await isFree(path))) {
    const message = say`${{ path }} is there, and is not a saved plan`;
    throw usage(message, "give another name; a saved plan would be replaced");
  }
  try {
    await writeFileAtomically(path, encodeSavedPlan(saved), { mode: onlyOwner });
  } catch (error) {
    const problem: Problem = makeProblem({
      code: "WRITE_FAILED",
      at: { file: path },
      message: say`the plan cannot be saved: ${{ reason: messageOf(error) }}`,
      hint: "give a path that can be written",
    });
    throw new MeshError(problem, { cause: error });
  }
}

/** Whether nothing is lost by a plan of that name. */
async function isFree(path: string): Promise<boolean> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return true;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(savedPlanStart.length), 0, savedPlanStart.length, 0);
    return bytesRead === 0 || buffer.toString("utf8", 0, bytesRead) === savedPlanStart;
  } catch {
    // A folder, for which the writing has its own words.
    return true;
  } finally {
    await handle.close();
  }
}

/** Problems: FILE_UNREADABLE, FILE_TOO_LARGE, PLAN_INVALID. */
export async function readSavedPlan(path: string): Promise<DecodedPlan> {
  const refused = (code: Problem["code"], message: Sentence, hint: string) => ({
    problems: [makeProblem({ code, at: { file: path }, message, hint })],
  });
  try {
    return decodeSavedPlan(await readRegularFile(path, { limit: maxSavedPlanSize }), path);
  } catch (error) {
    if (error instanceof FileRefused && error.code === "TOO_LARGE") {
      const message = say`the file is larger than ${{ megabytes: maxSavedPlanSize / 1024 / 1024 }} MB`;
      return refused("FILE_TOO_LARGE", message, "give a plan that isthmus saved");
    }
    const message = say`the saved plan cannot be read: ${{ reason: messageOf(error) }}`;
    return refused("FILE_UNREADABLE", message, "make one: isthmus plan --out FILE");
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
