import { maxFileLength } from "@isthmus/core";

/** A part of what a tool printed. Places count from 1. */
export interface Part {
  /**
   * - `object`: a document, or an item of a list whose `head` comes after its items;
   * - `head`: a list without its items; `cut`: what follows is missing; `large`: an object of more than `maxFileLength` characters.
   */
  readonly type: "object" | "item" | "head" | "cut" | "large";
  readonly text: string;
  readonly line: number;
}

const newline = 10;
const [quote, apostrophe, backslash, dash] = [34, 39, 92, 45];
const [openBrace, closeBrace, openBracket, closeBracket] = [123, 125, 91, 93];

/**
 * Parts a stream of YAML documents and JSON texts into its objects, and lists into their items, so that no more than one
 * object has to be in memory. Other than that it understands neither: what is in a part is the reader's business.
 */
export class ObjectSplitter {
  #mode: "between" | "json" | "yaml" | "log" = "between";
  #line = 1;
  #parts: Part[] = [];
  /** The beginning of a line of YAML whose end is to come. */
  #carry = "";

  // The document that is being read: what is not in an item of its list, and the item.
  #head = "";
  #headLine = 1;
  #isList = false;
  #item: string | undefined;
  #itemLine = 1;
  #isTooLarge = false;

  // JSON
  #depth = 0;
  #quoted = 0;
  #isEscaped = false;
  #isInItems = false;
  /** Dashes at the beginning of a line. */
  #dashes = 0;

  // YAML
  #lines: string[] = [];
  #itemLines: string[] | undefined;
  #indent: string | undefined;
  #length = 0;

  push(text: string): readonly Part[] {
    let position = 0;
    while (position < text.length) {
      if (this.#mode === "between" && this.#carry === "") position = this.#between(text, position);
      else if (this.#mode === "json") position = this.#json(text, position);
      else position = this.#lineOf(text, position);
    }
    return this.#taken();
  }

  end(): readonly Part[] {
    if (this.#carry !== "") this.#takeLine(this.#carry);
    this.#carry = "";
    if (this.#mode === "json") {
      // A flow mapping of YAML may be whole all the same, where a quote led astray.
      const isCut = this.#isList || this.#item !== undefined;
      if (isCut) this.#emit("cut", "", this.#line);
      else this.#emit("object", this.#head, this.#headLine);
    } else if (this.#mode === "log") {
      this.#emit("cut", "", this.#line);
    } else {
      this.#endYaml(true);
    }
    this.#mode = "between";
    return this.#taken();
  }

  #taken(): readonly Part[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #emit(type: Part["type"], text: string, line: number): void {
    if (this.#isTooLarge) this.#parts.push({ type: "large", text: "", line });
    else this.#parts.push({ type, text, line });
    this.#isTooLarge = false;
  }

  #between(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === newline) this.#line += 1;
      if (code === openBrace) {
        this.#mode = "json";
        this.#headLine = this.#line;
        [this.#head, this.#item] = ["", undefined];
        [this.#depth, this.#quoted, this.#dashes] = [0, 0, 3];
        [this.#isEscaped, this.#isInItems, this.#isList] = [false, false, false];
        return at;
      }
      if (code > 32 && code !== 0xfeff) {
        this.#mode = "yaml";
        this.#headLine = this.#line;
        return Math.max(text.lastIndexOf("\n", at - 1) + 1, from);
      }
    }
    // Blanks before the first word of a line belong to it, also where that is in the next piece.
    const last = text.slice(Math.max(text.lastIndexOf("\n") + 1, from));
    this.#carry = /^ +$/.test(last) ? last : "";
    return text.length;
  }

  #json(text: string, from: number): number {
    let mark = from;
    const keep = (end: number) => {
      const piece = text.slice(mark, end);
      mark = end;
      if (this.#item !== undefined) this.#item = this.#within(this.#item, piece);
      else if (!this.#isInItems) this.#head = this.#within(this.#head, piece);
    };
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === newline) {
        this.#line += 1;
        // No text of JSON goes on in the next line.
        [this.#quoted, this.#isEscaped, this.#dashes] = [0, false, 0];
      } else if (code === dash && this.#dashes < 3) {
        this.#dashes += 1;
        if (this.#dashes < 3) continue;
        // `---` in place of the end.
        keep(at + 1);
        const isCut = this.#isList || this.#item !== undefined;
        this.#emit(isCut ? "cut" : "object", this.#head.replace(/---$/, ""), this.#headLine);
        [this.#mode, this.#isList] = ["yaml", false];
        this.#carry = "---";
        return at + 1;
      } else {
        this.#dashes = 3;
        if (this.#quoted !== 0) {
          if (this.#isEscaped) this.#isEscaped = false;
          else if (code === backslash) this.#isEscaped = true;
          else if (code === this.#quoted) this.#quoted = 0;
        } else if (code === quote || code === apostrophe) {
          this.#quoted = code;
        } else if (code === openBrace || code === openBracket) {
          if (code === openBrace && this.#isInItems && this.#depth === 2) {
            mark = at;
            [this.#item, this.#itemLine] = ["", this.#line];
          }
          this.#depth += 1;
          if (code === openBracket && this.#depth === 2) {
            keep(at + 1);
            this.#isInItems = /"items"\s*:\s*\[$/.test(this.#head.slice(-64));
            this.#isList ||= this.#isInItems;
          }
        } else if (code === closeBrace || code === closeBracket) {
          this.#depth -= 1;
          if (this.#isInItems && this.#depth === 2 && this.#item !== undefined) {
            keep(at + 1);
            this.#emit("item", this.#item, this.#itemLine);
            this.#item = undefined;
          } else if (this.#isInItems && this.#depth === 1) {
            mark = at;
            this.#isInItems = false;
          } else if (this.#depth === 0) {
            keep(at + 1);
            this.#emit(this.#isList ? "head" : "object", this.#head, this.#headLine);
            [this.#mode, this.#isList] = ["between", false];
            return at + 1;
          }
        }
      }
    }
    keep(text.length);
    return text.length;
  }

  /** Both together, unless that is more than an object may have. */
  #within(before: string, more: string): string {
    if (before.length + more.length <= maxFileLength) return before + more;
    this.#isTooLarge = true;
    return before;
  }

  #lineOf(text: string, from: number): number {
    const end = text.indexOf("\n", from);
    if (end < 0) {
      this.#carry = this.#within(this.#carry, text.slice(from));
      return text.length;
    }
    const line = this.#carry + text.slice(from, end);
    this.#carry = "";
    this.#takeLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    this.#line += 1;
    return end + 1;
  }

  #takeLine(line: string): void {
    // `kubectl cluster-info dump` puts logs between its lists.
    if (line.startsWith("==== END logs")) {
      this.#mode = "between";
      return;
    }
    if (this.#mode === "log") return;
    if (line.startsWith("==== START logs")) {
      this.#endYaml(false);
      this.#mode = "log";
      return;
    }
    if (/^(---|\.\.\.)(\s|$)/.test(line)) {
      this.#endYaml(false);
      const rest = line.slice(3);
      if (/^\s+[^\s#]/.test(rest)) this.#add(this.#lines, `   ${rest}`);
      else this.#mode = "between";
      this.#headLine = rest === "" ? this.#line + 1 : this.#line;
      return;
    }
    this.#mode = "yaml";
    if (this.#itemLines !== undefined) this.#takeListLine(line, this.#itemLines);
    else {
      this.#add(this.#lines, line);
      if (/^items:\s*$/.test(line)) {
        [this.#itemLines, this.#indent, this.#isList] = [[], undefined, true];
        this.#length = 0;
      } else if (line.startsWith("items: []")) {
        this.#isList = true;
      }
    }
  }

  #takeListLine(line: string, item: string[]): void {
    const indent = /^( *)-(?= |$)/.exec(line)?.[1];
    const isNew = indent !== undefined && (this.#indent === undefined || indent === this.#indent);
    if (isNew) {
      this.#endItem();
      this.#indent = indent;
      this.#itemLine = this.#line;
      this.#itemLines = [`${indent} ${line.slice(indent.length + 1)}`];
      this.#length = line.length;
    } else if (/^[^\s#]/.test(line)) {
      this.#endItem();
      this.#itemLines = undefined;
      this.#add(this.#lines, line);
    } else {
      this.#add(item, line);
    }
  }

  #add(lines: string[], line: string): void {
    this.#length += line.length + 1;
    if (this.#length > maxFileLength) this.#isTooLarge = true;
    else lines.push(line);
  }

  #endItem(): void {
    const lines = this.#itemLines ?? [];
    if (lines.length > 0) this.#emit("item", lines.join("\n"), this.#itemLine);
    this.#length = 0;
  }

  /** A list says at its end which kind it is. */
  #endYaml(isLast: boolean): void {
    const isInItems = this.#itemLines !== undefined;
    if (isInItems) this.#endItem();
    const head = this.#lines.join("\n");
    if (this.#isList) {
      const isCut = isLast && isInItems && !/^kind:/m.test(head);
      this.#emit(isCut ? "cut" : "head", isCut ? "" : head.replace(/^items:\s*$/m, "items: []"), this.#headLine);
    } else if (head.trim() !== "" || this.#isTooLarge) {
      this.#emit("object", head, this.#headLine);
    }
    [this.#lines, this.#itemLines, this.#isList, this.#length] = [[], undefined, false, 0];
  }
}
