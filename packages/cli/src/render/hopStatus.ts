import type { ProofStatus } from "@isthmus/core";
import type { Style } from "./style.ts";

/** `✔`, `✖` or `?`. */
export function renderHopStatus(status: ProofStatus, style: Style): string {
  switch (status) {
    case "ok":
      return style.good("✔");
    case "broken":
      return style.error("✖");
    case "unknown":
      return style.warning("?");
  }
}
