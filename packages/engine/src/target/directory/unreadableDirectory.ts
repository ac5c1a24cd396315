import { makeProblem, type Problem, say } from "@isthmus/core";

/** Why nothing can be said of a directory as a whole. */
export function unreadableDirectory(directory: string, cluster: string, error: unknown): Problem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const isMissing = code === "ENOENT" || code === "ENOTDIR";
  const reason = error instanceof Error ? error.message : String(error);
  return makeProblem({
    code: "DIRECTORY_INVALID",
    at: { file: directory },
    message: isMissing
      ? say`cluster ${{ cluster }}: there is no directory ${{ directory }}`
      : say`cluster ${{ cluster }}: directory ${{ directory }} cannot be read: ${{ reason }}`,
    hint: isMissing
      ? "Create it, or correct the path: access.directory is relative to the file that declares the cluster."
      : "",
  });
}
