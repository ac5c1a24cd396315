/** What the lab can't do, said in words for the person at the terminal. */
export class LabError extends Error {
  override readonly name = "LabError";
}
