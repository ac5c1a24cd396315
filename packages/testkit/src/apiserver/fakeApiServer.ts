import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { groupOf, type KindEntry, type KubeObject } from "@isthmus/core";
import { type ApiCall, parseCall, readBody } from "./apiCall.ts";
import { createApiState } from "./createApiState.ts";
import { type Fault, type FaultRule, Faults } from "./faults.ts";
import { forbidden } from "./forbidden.ts";
import type { StoredObject } from "./json.ts";
import { Listener, type ListenerTls } from "./listener.ts";
import { ListPages } from "./listPages.ts";
import { applyCall, deleteCall, deleteOptions, keyOf, patchCall, removeNamespaceContent } from "./objectOperations.ts";
import type { RequestEntry } from "./requestLog.ts";
import { accessReviews, reviewAccess } from "./reviewAccess.ts";
import { seedObject } from "./seedObject.ts";
import { discovery, resourceOf, servedKinds } from "./servedKinds.ts";
import { notFound, StatusError } from "./statusError.ts";
import { watchStream } from "./watchStream.ts";

export interface FakeApiServerOptions {
  /** Served beside the catalog's and a few core kinds. */
  readonly kinds?: readonly KindEntry[];
  /** Not served: `gateways.networking.istio.io`. */
  readonly without?: readonly string[];
  /** HTTPS; with `clientAuthority` a request without a valid client certificate is a 401. */
  readonly tls?: ListenerTls;
  /** Bearer tokens that are let in; all requests are, unless told. */
  readonly tokens?: readonly string[];
  /** What /version tells. */
  readonly version?: string;
  /** Milliseconds that the server's clock is ahead of ours. */
  readonly clockAhead?: number;
}

/** A kube-apiserver in memory on a real socket, as faithful as the conformance suite asks. */
export class FakeApiServer {
  /** All requests in order. */
  readonly requests: RequestEntry[] = [];
  tokens: readonly string[] | undefined;
  readonly #kinds: readonly KindEntry[];
  readonly #needsCertificate: boolean;
  readonly #listener: Listener;
  readonly #state = createApiState();
  readonly #pages = new ListPages();
  readonly #faults = new Faults();
  readonly #version: string;
  readonly #clockAhead: number;
  #writes = 0;

  constructor(options: FakeApiServerOptions) {
    this.#kinds = servedKinds(options.kinds ?? [], options.without ?? []);
    this.#needsCertificate = options.tls?.clientAuthority !== undefined;
    this.tokens = options.tokens;
    this.#version = options.version ?? "v1.37.2";
    this.#clockAhead = options.clockAhead ?? 0;
    this.#listener = new Listener((request, response) => {
      this.#serve(request, response).catch((failure: unknown) =>
        response.destroy(failure instanceof Error ? failure : undefined),
      );
    }, options.tls);
    for (const name of ["default", "kube-system"])
      this.seed([{ apiVersion: "v1", kind: "Namespace", metadata: { name } }]);
  }

  get url(): string {
    return this.#listener.url;
  }

  /** Requests that tried to write, dry runs left out. */
  get writes(): readonly RequestEntry[] {
    return this.requests.filter((request) => request.write > 0);
  }

  /**
   * Puts objects in place, status included, as another manager (`kubectl` unless told) had made them. Missing namespaces
   * are made.
   */
  seed(objects: readonly KubeObject[], manager = "kubectl"): void {
    for (const object of objects) seedObject(this.#state, this.#kinds, object, manager);
  }

  /** Takes an object away as somebody else deletes it, whatever the rights of a caller are. */
  vanish({ apiVersion, kind, metadata: { name, namespace = "" } }: KubeObject): void {
    const group = groupOf(apiVersion);
    const entry = this.#kinds.find((each) => each.group === group && each.kind === kind);
    if (entry === undefined) throw new Error(`the fake API server does not serve ${kind} of ${apiVersion}`);
    this.#state.store.remove({ resource: resourceOf(entry), namespace: entry.namespaced ? namespace : "", name });
  }

  /** All objects of a resource (`services`, `gateways.networking.istio.io`) as they are stored. */
  stored(resource: string, namespace?: string): readonly StoredObject[] {
    return this.#state.store.list(resource, namespace);
  }

  /** Breaks in on requests that match, see `Fault`. */
  fail(rule: FaultRule): void {
    this.#faults.add(rule);
  }

  /** 403 for what matches. */
  forbid(when: (request: RequestEntry) => boolean): void {
    this.#faults.add({ when, fault: { type: "status", status: 403 } });
  }

  heal(): void {
    this.#faults.clear();
  }

  /** Forgets events and continue tokens: what refers to them is answered with 410. */
  compact(): void {
    this.#state.store.compact();
    this.#pages.expire();
  }

  /** Breaks all connections, and takes no more until `restart`. What is stored stays. */
  stop(): Promise<void> {
    return this.#listener.close();
  }

  async restart(): Promise<void> {
    await this.#listener.close();
    await this.#listener.open();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const call = parseCall(request.method ?? "GET", url, this.#kinds);
    const body = await readBody(request);
    const entry = this.#log(request, url, call, body);
    response.setHeader("date", new Date(Date.now() + this.#clockAhead).toUTCString());
    const fault = this.#faults.take(entry);
    if (fault?.type === "delay") await delay(fault.milliseconds);
    if (fault?.type === "hang") return;
    try {
      if (fault !== undefined && "effect" in fault && fault.effect === "before") return this.#break(fault, response);
      if (fault?.type === "status") throw faultStatus(fault, entry);
      this.#authenticate(request);
      if (call?.verb === "watch") return watchStream(this.#state.store, call, response);
      const { status, answer } = this.#answer(url, call, body, request);
      if (fault !== undefined && "effect" in fault) return this.#break(fault, response);
      reply(response, status, isMetadataOnly(request) ? metadataOf(answer) : answer);
    } catch (failure) {
      if (!(failure instanceof StatusError)) throw failure;
      const retryAfter = fault?.type === "status" ? fault.retryAfter : undefined;
      reply(response, failure.code, failure.body, retryAfter);
    }
  }

  #log(request: IncomingMessage, url: URL, call: ApiCall | undefined, body: string): RequestEntry {
    const dryRun =
      call?.verb === "delete" ? deleteOptions(url.searchParams, body).dryRun : url.searchParams.get("dryRun") === "All";
    const isWrite = !dryRun && (call?.verb === "patch" || call?.verb === "delete");
    if (isWrite) this.#writes += 1;
    const entry: RequestEntry = {
      method: request.method ?? "",
      path: `${url.pathname}${url.search}`,
      userAgent: request.headers["user-agent"] ?? "",
      ...(call === undefined
        ? {}
        : {
            verb: call.verb,
            resource: `${resourceOf(call.kind)}${call.subresource === undefined ? "" : `/${call.subresource}`}`,
          }),
      ...(call?.namespace === undefined ? {} : { namespace: call.namespace }),
      ...(call?.name === undefined ? {} : { name: call.name }),
      dryRun,
      write: isWrite ? this.#writes : 0,
      connection: this.#listener.connectionOf(request),
    };
    this.requests.push(entry);
    return entry;
  }

  #authenticate(request: IncomingMessage): void {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const isKnown = this.tokens === undefined || this.tokens.includes(token);
    const isCertified = "authorized" in request.socket && request.socket.authorized === true;
    if (!isKnown || (this.#needsCertificate && !isCertified))
      throw new StatusError(401, "Unauthorized", "Unauthorized");
  }

  #answer(url: URL, call: ApiCall | undefined, body: string, request: IncomingMessage): Answer {
    if (url.pathname === "/version") return { status: 200, answer: { gitVersion: this.#version } };
    if (request.method === "POST" && url.pathname === accessReviews) {
      return { status: 201, answer: reviewAccess(JSON.parse(body), (entry) => this.#faults.isForbidden(entry)) };
    }
    const discovered = call === undefined ? discovery(url.pathname, this.#kinds) : undefined;
    if (discovered !== undefined) return { status: 200, answer: discovered };
    if (call === undefined) return { status: 404, answer: "404 page not found\n" };
    const { store } = this.#state;
    switch (call.verb) {
      case "list":
        return { status: 200, answer: this.#pages.page(store, call) };
      case "patch": {
        if (request.headers["content-type"] === "application/json-patch+json") {
          return { status: 200, answer: patchCall(this.#state, call, body) };
        }
        if (request.headers["content-type"] !== "application/apply-patch+yaml") {
          throw new StatusError(415, "UnsupportedMediaType", "only server-side apply is served here");
        }
        const { status, object } = applyCall(this.#state, call, body);
        return { status, answer: object };
      }
      case "delete": {
        const answer = deleteCall(this.#state, call, body);
        const isNamespace = resourceOf(call.kind) === "namespaces";
        const isGone = isNamespace && store.get(keyOf(call, call.name ?? "")) === undefined;
        if (isGone) removeNamespaceContent(store, this.#kinds, call.name ?? "");
        return { status: 200, answer };
      }
      case "get":
      case "watch": {
        const object = store.get(keyOf(call, call.name ?? ""));
        if (object === undefined) throw notFound(resourceOf(call.kind), call.name ?? "");
        return { status: 200, answer: object };
      }
    }
  }

  #break(fault: Fault, response: ServerResponse): void {
    if (fault.type === "crash") void this.stop();
    else response.socket?.destroy();
  }
}

interface Answer {
  readonly status: number;
  readonly answer: object | string;
}

function isMetadataOnly({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("as=PartialObjectMetadata") === true;
}

function metadataOf(answer: object | string): object | string {
  if (typeof answer === "string" || !("metadata" in answer)) return answer;
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: answer.metadata };
}

function faultStatus(fault: Extract<Fault, { type: "status" }>, entry: RequestEntry): StatusError {
  if (fault.status === 403) return forbidden(entry);
  return new StatusError(fault.status, fault.reason ?? "", `the test asked for a ${fault.status}`);
}

function reply(response: ServerResponse, status: number, answer: object | string, retryAfter?: number): void {
  const isText = typeof answer === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/plain" : "application/json",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  response.end(isText ? answer : JSON.stringify(answer));
}

/** Ready to answer on a free port of 127.0.0.1; `await using` stops it. */
export async function startFakeApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const server = new FakeApiServer(options);
  await server.restart();
  return server;
}
