import type { ProofStatus } from "@isthmus/core";
import type { Style } from "./style.ts";

export type LineStatus = ProofStatus | "not tried";

/** `✔`, `✖`, `?`, or `○` for what was not tried. */
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
  }
}
