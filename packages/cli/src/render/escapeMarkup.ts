import { escapedCharacter } from "./terminalText.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Text within XML or HTML, also within an attribute in double quotes. XML 1.0 has no control characters but tab and line ends, not
 * even as references: what a server said may hold some, and they are shown.
 */
export function escapeMarkup(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, escapedCharacter)
    .replace(/[&<>"]/g, (found) => entities[found] ?? "");
}
