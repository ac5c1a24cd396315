import { expect, test } from "vitest";
import { createStyle } from "./style.ts";
import { renderTable } from "./table.ts";

test("columns are aligned by what is seen, several lines in a cell stay in their column", () => {
  const rows = [
    ["cluster1", "192.168.121.10:32001\n192.168.121.11:32001", "2"],
    ["eu", createStyle(true).error("unreachable"), ""],
  ];

  const text = renderTable(["NAME", "GATEWAY", "OBJECTS"], rows, createStyle(false));

  expect(text).toBe(
    [
      "NAME       GATEWAY                OBJECTS",
      "cluster1   192.168.121.10:32001   2",
      "           192.168.121.11:32001",
      `eu         ${createStyle(true).error("unreachable")}`,
      "",
    ].join("\n"),
  );
});
