// Imports nothing: the command line needs it before a command, and all that the command needs, is loaded.

/** What the process ends with. `diff`, `plan --detailed-exitcode`, `verify` and `check` tell by it what they found. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** `diff`: there are differences. */
  different: 1,
  /** `verify`, `probe`, `trace`, `test`: a path does not stand; `ca status`: something is to be renewed; `check`, `lint`: something is wrong. */
  broken: 1,
  /** `plan --detailed-exitcode`: there are changes. */
  changes: 2,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;

/** The code for a command that could not do its work; 2 where 1 is already an answer. */
export function failureCode(command: string): number {
  return [
    "diff",
    "diff-paths",
    "verify",
    "probe",
    "doctor",
    "trace",
    "test",
    "check",
    "lint",
    "install-config",
    "ca status",
  ].includes(command)
    ? 2
    : exitCodes.failed;
}
