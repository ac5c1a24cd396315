/** Milliseconds. */
export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connect: number;
  /** From the request to the answer's first byte. */
  readonly headers: number;
  /** Between two pieces of the answer. */
  readonly body: number;
  /** From the request to the answer's end, however steadily it drips; not of a watch. */
  readonly answer: number;
  /** The server ends a watch after this; the caller starts the next. */
  readonly watch: number;
}

export const defaultTimeouts: Timeouts = {
  connect: 5_000,
  headers: 30_000,
  body: 30_000,
  answer: 60_000,
  watch: 300_000,
};
