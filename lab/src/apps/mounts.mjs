// The part of a kubelet that keeps mounted files in step with the API server: mounts.mjs DIRECTORY SERVER [once].
// Secret istio-system/cacerts goes to istiod, each namespace's ConfigMap istio-ca-root-cert to its pods' proxies. A real kubelet
// takes up to two minutes, this one a second.
import { access, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [directory, server, once] = process.argv.slice(2);
const [ca, cert, key] = await Promise.all(
  ["ca.crt", "admin.crt", "admin.key"].map((file) => readFile(join(directory, file))),
);
const agent = new Agent({ keepAlive: true, ca, cert, key });
const written = new Map();

function get(path) {
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, server), { agent, timeout: 10_000, headers: { "user-agent": "lab-mounts" } });
    call.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      if (response.statusCode === 200) resolve(JSON.parse(text));
      else if (response.statusCode === 404) resolve(undefined);
      else reject(new Error(`${path}: ${response.statusCode} ${text}`));
    });
    call.on("timeout", () => call.destroy(new Error(`${path}: no answer`)));
    call.on("error", reject);
    call.end();
  });
}

/** As kubelet's AtomicWriter does it (k8s.io/kubernetes pkg/volume/util/atomic_writer.go): a reader sees all of a change or nothing. */
async function publish(volume, version, files, mode) {
  if (written.get(volume) === version) return;
  await mkdir(volume, { recursive: true });
  const data = `..${process.hrtime.bigint()}`;
  await mkdir(join(volume, data));
  for (const [name, content] of Object.entries(files)) await writeFile(join(volume, data, name), content, { mode });
  await relink(data, join(volume, "..data"));
  for (const name of Object.keys(files)) await relink(join("..data", name), join(volume, name));
  for (const name of await readdir(volume))
    if (name !== data && name !== "..data" && !(name in files)) await rm(join(volume, name), { recursive: true });
  written.set(volume, version);
}

async function relink(target, path) {
  await rm(`${path}_tmp`, { force: true });
  await symlink(target, `${path}_tmp`);
  await rename(`${path}_tmp`, path);
}

async function sync() {
  const secret = await get("/api/v1/namespaces/istio-system/secrets/cacerts");
  if (secret !== undefined) {
    const files = Object.entries(secret.data ?? {}).map(([name, text]) => [name, Buffer.from(text, "base64")]);
    const { uid, resourceVersion } = secret.metadata;
    await publish(join(directory, "istiod/etc/cacerts"), `${uid} ${resourceVersion}`, Object.fromEntries(files), 0o600);
  }
  const maps = (await get("/api/v1/configmaps?fieldSelector=metadata.name%3Distio-ca-root-cert"))?.items ?? [];
  const pods = await readdir(join(directory, "pods")).catch(() => []);
  for (const { metadata, data = {} } of maps) {
    for (const pod of pods) {
      const mount = join(directory, "pods", pod, "var/run/secrets/istio");
      // A pod's folder that is being made or removed is left alone: its root certificate is written before its proxy starts.
      if (!pod.startsWith(`${metadata.namespace}.`) || (await isAbsent(join(mount, "root-cert.pem")))) continue;
      await publish(mount, `${metadata.uid} ${metadata.resourceVersion}`, data, 0o644);
    }
  }
}

async function isAbsent(path) {
  return access(path).then(
    () => false,
    () => true,
  );
}

let failures = 0;
let isDone = false;
do {
  isDone = await sync().then(
    () => true,
    (error) => {
      failures += 1;
      // Once, beside the one that follows: the two may meet in one volume.
      if (once && failures === 3) throw error;
      process.stderr.write(`${new Date().toISOString()} ${error.message}\n`);
      return false;
    },
  );
} while (!(once && isDone) && (await sleep(once ? 100 : 1000, true)));
