import { Agent, request } from "node:https";
import type { KubeObject } from "./kubeObject.ts";
import { LabError } from "./labError.ts";
import { waitFor } from "./waitFor.ts";

export interface Credentials {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export class ApiError extends LabError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** One API server, as its administrator. The user agent is not `isthmus`, so that tests can tell the product's writes from ours. */
export class ApiClient {
  readonly server: string;
  readonly #agent: Agent;
  readonly #resources = new Map<string, Promise<readonly Resource[]>>();

  constructor(server: string, credentials: Credentials) {
    this.server = server;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 16,
      ca: credentials.authority,
      cert: credentials.certificate,
      key: credentials.key,
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async isReady(): Promise<boolean> {
    const answer = await this.#send("GET", "/readyz").catch(() => undefined);
    return answer?.status === 200;
  }

  async get<T = KubeObject>(path: string): Promise<T | undefined> {
    const answer = await this.#send("GET", path);
    if (answer.status === 404) return undefined;
    return this.#parse<T>(answer, `GET ${path}`);
  }

  async list<T = KubeObject>(path: string): Promise<readonly T[]> {
    return (await this.get<{ readonly items: readonly T[] }>(path))?.items ?? [];
  }

  async post<T = KubeObject>(path: string, body: unknown): Promise<T> {
    return this.#parse<T>(await this.#send("POST", path, body), `POST ${path}`);
  }

  /** Server-side apply that takes over fields which others set: a manifest of the lab is the whole truth. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const path = await this.pathOf(refOf(object));
    const query = "fieldManager=lab&force=true&fieldValidation=Strict";
    const answer = await this.#send("PATCH", `${path}?${query}`, object, "application/apply-patch+yaml");
    return this.#parse(answer, `apply ${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`);
  }

  async patchStatus(ref: ObjectRef, status: unknown): Promise<void> {
    const path = `${await this.pathOf(ref)}/status`;
    this.#parse(await this.#send("PATCH", path, { status }, "application/merge-patch+json"), `PATCH ${path}`);
  }

  /** Deletes at once: there is no kubelet that would confirm a graceful end. Something that is gone already is fine. */
  async remove(ref: ObjectRef): Promise<void> {
    const answer = await this.#send("DELETE", await this.pathOf(ref), {
      ...(ref.kind === "Pod" ? { gracePeriodSeconds: 0 } : {}),
      propagationPolicy: "Background",
    });
    if (answer.status !== 404) this.#parse(answer, `delete ${ref.kind} ${ref.name}`);
  }

  /** The path of an object. A kind that was installed a moment ago may take some time to be served. */
  async pathOf(ref: ObjectRef): Promise<string> {
    const resource = await waitFor(`kind ${ref.kind} of ${ref.apiVersion}`, () => this.#resource(ref), { seconds: 10 });
    const namespace = resource.namespaced ? `/namespaces/${ref.namespace ?? "default"}` : "";
    return `${groupPath(ref.apiVersion)}${namespace}/${resource.name}/${ref.name}`;
  }

  async #resource(ref: ObjectRef): Promise<Resource | undefined> {
    const known = this.#resources.get(ref.apiVersion) ?? this.#discover(ref.apiVersion);
    this.#resources.set(ref.apiVersion, known);
    const found = (await known).find((resource) => resource.kind === ref.kind && !resource.name.includes("/"));
    if (found === undefined) this.#resources.delete(ref.apiVersion);
    return found;
  }

  async #discover(apiVersion: string): Promise<readonly Resource[]> {
    const listed = await this.get<{ readonly resources: readonly Resource[] }>(groupPath(apiVersion)).catch(
      () => undefined,
    );
    return listed?.resources ?? [];
  }

  #parse<T>(answer: Answer, what: string): T {
    if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text) as T;
    let message = answer.text.trim();
    try {
      message = (JSON.parse(answer.text) as { readonly message?: string }).message ?? message;
    } catch {
      // Not a Status object: the text itself has to do.
    }
    throw new ApiError(answer.status, `${what}: ${answer.status} ${message}`);
  }

  #send(method: string, path: string, body?: unknown, contentType = "application/json"): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request(new URL(path, this.server), { method, agent: this.#agent, timeout: 60_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      call.on("timeout", () => call.destroy(new LabError(`${this.server} does not answer`)));
      call.on("error", reject);
      call.setHeader("user-agent", "lab");
      if (text !== undefined)
        call.setHeader("content-type", contentType).setHeader("content-length", Buffer.byteLength(text));
      call.end(text);
    });
  }
}

export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
