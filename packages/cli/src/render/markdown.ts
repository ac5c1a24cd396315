import type { Style } from "./style.ts";
import { wrap } from "./wrap.ts";

/** A section of our documents for a terminal: no marks of Markdown, paragraphs in lines that fit. */
export function renderMarkdown(text: string, style: Style): string {
  const width = Math.min(style.columns ?? 80, 100);
  const blocks = text.split(/\n{2,}/).map((block) => renderBlock(block, width, style));
  return `${blocks.join("\n\n")}\n`;
}

function renderBlock(block: string, width: number, style: Style): string {
  const heading = /^#+ (.*)$/.exec(block);
  if (heading !== null) return style.strong(heading[1] ?? "");
  if (block.startsWith("```")) {
    const lines = block.split("\n").filter((line) => !line.startsWith("```"));
    return lines.map((line) => `    ${line}`).join("\n");
  }
  if (/^(?:[-*]|\d+\.) /.test(block))
    return block
      .split(/\n(?=(?:[-*]|\d+\.) )/)
      .map((item) => filled(item, width, "  "))
      .join("\n");
  if (block.startsWith(">")) {
    const quote = filled(block.replaceAll(/^> ?/gm, ""), width - 4, "");
    return quote
      .split("\n")
      .map((line) => style.faint(`    ${line}`))
      .join("\n");
  }
  return filled(block, width, "");
}

/** One paragraph, its later lines indented. */
function filled(text: string, width: number, indent: string): string {
  const plain = text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll(/(^|[\s(])(\*\*?)([^*\s](?:[^*]*[^*\s])?)\2(?=$|[\s).,:;])/g, "$1$3");
  return wrap(plain, width - indent.length).join(`\n${indent}`);
}
