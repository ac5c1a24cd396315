import type { ProofStatus } from "@isthmus/core/verify";
import type { Style } from "./style.ts";

/** `noted`: it belongs to the line before, or to the whole. */
export type LineStatus = ProofStatus | "not tried" | "noted";

/** `✔`, `✖`, `?`, `○` for what was not tried, or nothing for a note. */
export function renderHopStatus(status: LineStatus, style: Style): string {
  switch (status) {
    case "ok":
      return style.good("✔");
    case "broken":
      return style.error("✖");
    case "unknown":
      return style.warning("?");
    case "not tried":
      return style.faint("○");
    case "noted":
      return " ";
  }
}
