import { Writable } from "node:stream";
import type { Output } from "./io.ts";

/** An output that keeps what is written to it, and tells by an event `text` that there is more. */
export class CollectedOutput extends Writable implements Output {
  readonly isTTY: boolean;
  readonly columns: number;
  text = "";

  constructor({ isTTY = false, columns = 80 }: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.emit("text");
    done();
  }
}
