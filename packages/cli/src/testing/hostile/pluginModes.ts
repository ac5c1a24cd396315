import type { HostileMode } from "./hostileMode.ts";

const plugin = (name: string, script: string): HostileMode => ({ kind: "plugin", name, script });

const credential = (status: object) =>
  JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });
const print = (text: string) => `cat <<'END'\n${text}\nEND\n`;

/** What comes of a credential plugin, in place of a credential. `SECRET` must not be shown. */
export const pluginModes: readonly HostileMode[] = [
  plugin("hangs", "exec sleep 20"),
  plugin("hangs and does not hear", "trap '' TERM INT; while :; do sleep 1; done"),
  plugin("prints without an end", "exec yes SECRET"),
  plugin("complains without an end", "exec yes SECRET >&2"),
  plugin("prints nothing", "exit 0"),
  plugin("prints what is not JSON", "echo 'Please log in: SECRET'"),
  plugin("prints bytes", "head -c 100000 /dev/urandom"),
  plugin("prints another kind", 'echo \'{"kind":"Secret","data":"SECRET"}\''),
  plugin("prints what nests deeper than the stack", "head -c 500000 /dev/zero | tr '\\0' '['"),
  plugin("fails, and tells its secrets", "echo 'token=SECRET refused' >&2; exit 7"),
  plugin("ends by a signal", "kill -9 $$"),
  plugin("leaves a child that holds its output", "sleep 20 & exit 0"),
  plugin(
    "gives a credential that is over",
    print(credential({ token: "SECRET", expirationTimestamp: "2001-01-01T00:00:00Z" })),
  ),
  plugin("gives a token of two lines", print(credential({ token: "SECRET\r\nx-other: 1" }))),
  plugin(
    "gives a certificate that is none",
    print(credential({ clientCertificateData: "SECRET", clientKeyData: "SECRET" })),
  ),
  plugin("gives a number for a token", print(credential({ token: 7 }))),
];
