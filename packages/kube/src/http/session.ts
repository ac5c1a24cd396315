import type { Socket } from "node:net";
import { MeshError, makeProblem, say } from "@isthmus/core";
import type { FieldsShape } from "@isthmus/core/shape";
import pLimit from "p-limit";
import type { Dispatcher, WebSocket } from "undici";
import { credentialSource } from "../auth/credentialSource.ts";
import type { Credentials } from "../auth/credentials.ts";
import { impersonationHeaders } from "../auth/impersonationHeaders.ts";
import { readPem } from "../auth/readPem.ts";
import { withoutCredentials } from "../auth/withoutCredentials.ts";
import type { ClusterAccess } from "../clusterAccess.ts";
import { type KubeCall, KubeError } from "../kubeError.ts";
import { orAborted } from "../orAborted.ts";
import { readUpTo } from "../readUpTo.ts";
import { userAgent } from "../userAgent.ts";
import { expiredCertificate } from "./expiredCertificate.ts";
import { clientExpiredProblem, explainFailure, type FailureContext } from "./explainFailure.ts";
import { openDispatcher } from "./openDispatcher.ts";
import { openWebSocket, type WebSocketListener } from "./openWebSocket.ts";
import { type Answerer, malformed, readAnswer } from "./readAnswer.ts";
import { readStatus } from "./readStatus.ts";
import type { Timeouts } from "./timeouts.ts";
import type { Timing } from "./timing.ts";
import { withDeadline } from "./withDeadline.ts";
import { type RetryPolicy, wasNotTried, withRetries } from "./withRetries.ts";

/** Bytes. A page of 500 objects has some megabytes; what is far larger would fill our memory. */
const largestAnswer = 16 * 1024 * 1024;
/** Bytes. Of larger ones a cluster has one at a time in our memory. */
const largeAnswer = 2 * 1024 * 1024;
/** Bytes of an answer that is an error. */
const largestError = 1024 * 1024;

interface Connections {
  readonly certificate: string | undefined;
  readonly dispatcher: Promise<Dispatcher>;
}

export interface HttpRequest {
  readonly call: KubeCall;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Of the answer; whole objects in JSON unless told. */
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
  /** Doing it twice may do more than doing it once. */
  readonly once?: boolean;
  /** Milliseconds between two pieces of the answer, where it is not the usual. */
  readonly bodyTimeout?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The server's clock, as HTTP tells it: to the second. */
  readonly date?: string;
}

export interface JsonAnswer {
  readonly status: number;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface WebSocketRequest {
  readonly call: KubeCall;
  readonly path: string;
  /** Subprotocols in the order of preference. */
  readonly protocols: readonly string[];
  readonly listener: WebSocketListener;
  readonly signal?: AbortSignal | undefined;
}

export type HttpStream = Dispatcher.ResponseData["body"];

/** ANSWER_MALFORMED where less may have been asked for. */
export class AnswerTooLarge extends MeshError {}

export interface SessionOptions {
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  readonly timing: Timing;
}

/** Authenticated requests to one API server over kept connections, with retries. Failures are those of `KubeClient`. */
export class Session {
  readonly #access: ClusterAccess;
  readonly #options: SessionOptions;
  readonly #source;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #largeAnswers = pLimit(1);
  /** Streams have connections of their own: each keeps one for minutes, and requests would wait for it. */
  readonly #open = new Map<"requests" | "streams", Connections>();
  #authority: Promise<string> | undefined;

  constructor(access: ClusterAccess, options: SessionOptions) {
    this.#access = access;
    this.#options = options;
    this.#source = credentialSource(access, options.timing.now);
  }

  /** A successful answer, read to its end. `onRepeat` is told before each further try: the one before may have taken effect. */
  async send(request: HttpRequest, onRepeat: () => void = () => {}): Promise<HttpAnswer> {
    return this.#withRetries(request, async (attempt) => {
      if (attempt > 1) onRepeat();
      return this.#withinDeadline(request, async (bounded) => {
        const { statusCode, headers, body } = await this.#exchange(bounded);
        const date = typeof headers.date === "string" ? { date: headers.date } : {};
        const text = await readUpTo(body, largestAnswer, { large: { bytes: largeAnswer, inTurn: this.#largeAnswers } });
        if (text !== undefined) return { status: statusCode, body: text, ...date };
        const why = `more than ${largestAnswer / 1024 / 1024} MB`;
        throw new AnswerTooLarge(malformed(this.#answerer, request.call, why).problem);
      });
    });
  }

  /** A successful answer's JSON, in the form that an API server gives it. */
  async json(request: HttpRequest, shape: FieldsShape, onRepeat?: () => void): Promise<JsonAnswer> {
    const { status, body } = await this.send(request, onRepeat);
    return { status, value: readAnswer(this.#answerer, request.call, shape, body) };
  }

  /** The same of an event of a watch. */
  event(call: KubeCall, shape: FieldsShape, line: string): Readonly<Record<string, unknown>> {
    return readAnswer(this.#answerer, call, shape, line);
  }

  /** ANSWER_MALFORMED, for what only the caller can tell. */
  malformed(call: KubeCall, why: string): MeshError {
    return malformed(this.#answerer, call, why);
  }

  /** The cluster's name, for messages. */
  get cluster(): string {
    return this.#access.name;
  }

  get #answerer(): Answerer {
    return { cluster: this.#access.name, server: this.#access.server };
  }

  /** A successful answer whose body is read as it comes. A failure while reading is the caller's, see `explain`. */
  async stream(request: HttpRequest): Promise<HttpStream> {
    return this.#withRetries(request, async () => (await this.#exchange(request, "streams")).body);
  }

  /** An open WebSocket. The caller closes it. */
  async webSocket({ call, path, protocols, listener, signal }: WebSocketRequest): Promise<WebSocket> {
    const request: HttpRequest = { call, method: "GET", path, signal, once: true };
    return this.#withRetries(request, async () => {
      const credentials = await orAborted(this.#source.current(), signal);
      const dispatcher = await orAborted(this.#dispatcher(credentials), signal);
      const url = `${this.#access.server.replace(/\/+$/, "").replace(/^http/, "ws")}${path}`;
      const headers = this.#headers(request, credentials);
      const socket = await this.#withinDeadline(request, ({ signal }) =>
        openWebSocket(url, { dispatcher, protocols, listener, headers, signal }),
      );
      if (socket !== undefined) return socket;
      // A refused upgrade does not tell why; the same request without one does.
      await this.#withinDeadline(request, async (bounded) => (await this.#exchange(bounded)).body.dump());
      throw readStatus(call, 500, "the API server does not open a WebSocket", undefined);
    });
  }

  /** What a failure that broke a stream means. */
  async explain(failure: unknown): Promise<unknown> {
    return explainFailure(failure, await this.#failureContext());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#source.close();
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(async ({ dispatcher }) => (await dispatcher).destroy()));
    // WebSockets are no longer the dispatcher's, and wait for a farewell that a pod which hangs never says.
    for (const socket of this.#sockets) socket.destroy();
  }

  async #withRetries<T>(request: HttpRequest, attempt: (number: number) => Promise<T>): Promise<T> {
    const { retry, timing } = this.#options;
    try {
      const mayRepeat = request.once === true ? wasNotTried : undefined;
      const renewing = (number: number) => this.#renewingOnce(() => attempt(number));
      return await withRetries(retry, timing, request.signal, renewing, mayRepeat);
    } catch (failure) {
      request.signal?.throwIfAborted();
      if (failure instanceof KubeError && failure.status === 401) throw await this.#unauthorized(failure);
      throw await this.explain(failure);
    }
  }

  /** Refused credentials may only have aged: they are asked for again, once. */
  async #renewingOnce<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (failure) {
      if (!(failure instanceof KubeError) || failure.status !== 401 || !this.#source.renew()) throw failure;
      return attempt();
    }
  }

  /** The deadline begins when the credentials are there: a plugin that waits for a login has a time of its own. */
  async #withinDeadline<T>(request: HttpRequest, work: (bounded: HttpRequest) => Promise<T>): Promise<T> {
    await orAborted(this.#source.current(), request.signal);
    return withDeadline(this.#options.timeouts.answer, request.signal, (signal) => work({ ...request, signal }));
  }

  async #exchange(request: HttpRequest, use: "requests" | "streams" = "requests"): Promise<Dispatcher.ResponseData> {
    const { signal } = request;
    const credentials = await orAborted(this.#source.current(), signal);
    const dispatcher = await orAborted(this.#dispatcher(credentials, use), signal);
    const answer = await dispatcher.request({
      origin: new URL(this.#access.server).origin,
      path: `${new URL(this.#access.server).pathname.replace(/\/+$/, "")}${request.path}`,
      method: request.method,
      headers: this.#headers(request, credentials),
      headersTimeout: this.#options.timeouts.headers,
      bodyTimeout: request.bodyTimeout ?? this.#options.timeouts.body,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.statusCode < 300) return answer;
    const retryAfter = answer.headers["retry-after"];
    // Of a watch as well, whose answer has no deadline unless it is an error.
    const reading = readUpTo(answer.body, largestError);
    const text = await withDeadline(this.#options.timeouts.answer, signal, (bounded) => orAborted(reading, bounded));
    throw readStatus(
      request.call,
      answer.statusCode,
      withoutCredentials(text ?? "", credentials),
      Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    );
  }

  #headers(request: HttpRequest, credentials: Credentials): Record<string, string | string[]> {
    return {
      accept: request.accept ?? "application/json",
      "user-agent": userAgent,
      ...(request.contentType === undefined ? {} : { "content-type": request.contentType }),
      ...(credentials.authorization === undefined ? {} : { authorization: credentials.authorization }),
      ...impersonationHeaders(this.#access.user.impersonate),
    };
  }

  /** The connections belong to a client certificate: another one needs others. */
  #dispatcher(credentials: Credentials, use: "requests" | "streams" = "requests"): Promise<Dispatcher> {
    const current = this.#open.get(use);
    if (current !== undefined && current.certificate === credentials.certificate) return current.dispatcher;
    this.#closing.signal.throwIfAborted();
    const dispatcher = this.#connect(credentials, use === "streams" ? null : undefined);
    const opened = { certificate: credentials.certificate, dispatcher };
    this.#open.set(use, opened);
    dispatcher.catch(() => {
      if (this.#open.get(use) === opened) this.#open.delete(use);
    });
    // Requests under way on the old connections still end well: `close` waits for them.
    current?.dispatcher.then((old) => old.close()).catch(() => {});
    return dispatcher;
  }

  async #connect(credentials: Credentials, connections: null | undefined): Promise<Dispatcher> {
    const { authority } = this.#access;
    if (authority !== undefined) this.#authority ??= readPem(authority);
    const onSocket = (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    };
    const { timeouts } = this.#options;
    return openDispatcher(this.#access, await this.#authority, credentials, { timeouts, connections, onSocket });
  }

  async #failureContext(): Promise<FailureContext> {
    const { name, server } = this.#access;
    const credentials = await this.#source.current().catch((): Credentials => ({}));
    const clientExpired = expiredCertificate(credentials.certificate, this.#options.timing.now());
    return { cluster: name, server, ...(clientExpired === undefined ? {} : { clientExpired }) };
  }

  /** kube-apiserver takes an expired client certificate in the handshake and answers 401. */
  async #unauthorized(failure: KubeError): Promise<MeshError> {
    const { name, server } = this.#access;
    const expired = clientExpiredProblem(await this.#failureContext());
    const refused = makeProblem({
      code: "CLUSTER_UNAUTHORIZED",
      at: { cluster: name },
      message: say`cluster ${{ name }}: ${{ server }} refuses the credentials of the kubeconfig`,
      hint: "Log in again, or correct the context's user in the kubeconfig.",
    });
    return new MeshError(expired ?? refused, { cause: failure });
  }
}
