import { once } from "node:events";
import { outputSchema } from "@isthmus/core/outputs";
import { fromJsonSchema, type JsonSchemaType, McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { exitCodes } from "../exit.ts";
import { callTool, type Run } from "../mcp/callTool.ts";
import { tools } from "../mcp/tools.ts";
import type { Session } from "../session.ts";
import { version } from "../version.ts";

export interface McpOptions {
  readonly allowWrites?: boolean;
}

/** Serves our commands as tools to an assistant over standard input and output, until it closes them. https://modelcontextprotocol.io */
export async function mcp({ io, options, note }: Session, { allowWrites }: McpOptions, run: Run): Promise<number> {
  const offered = tools.filter(({ acts }) => acts !== true || allowWrites === true);
  const serve = () => {
    const server = new McpServer({ name: "isthmus", title: "Isthmus", version }, { instructions });
    for (const tool of offered) {
      const { name, title, description, input, output, acts } = tool;
      const config = {
        ...{ title, description, inputSchema: input },
        annotations: { readOnlyHint: acts !== true, destructiveHint: name === "apply", openWorldHint: false },
        ...(output === undefined ? {} : { outputSchema: fromJsonSchema(outputSchema(output) as JsonSchemaType) }),
      };
      server.registerTool(name, config, (given, { mcpReq }) =>
        callTool(tool, given, { io, options, signal: mcpReq.signal, run }),
      );
    }
    return server;
  };
  const handle = serveStdio(serve, {
    transport: new StdioServerTransport(io.stdin, io.stdout),
    onerror: (error) => note(`${error.message}\n`),
  });
  if (!io.stdin.readableEnded)
    await Promise.race([once(io.stdin, "close"), once(io.stdin, "end"), once(io.signal, "abort")]);
  await handle.close();
  return exitCodes.ok;
}

const instructions =
  "Isthmus knows what Envoy will do with a request over any Istio configuration. Start with status or check; " +
  "trace says why a single request fails and which object is to blame; explain tells what a code means.";
