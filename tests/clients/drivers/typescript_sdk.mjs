// The official TypeScript SDK.

import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const { server, calls } = JSON.parse(readFileSync(0, "utf8"));
const client = new Client({ name: "typescript-sdk", version: "1" });
await client.connect(new StdioClientTransport({ ...server, stderr: "inherit" }));
const tools = (await client.listTools()).tools.map((tool) => tool.name);
const answers = [];
for (const { tool, arguments: given } of calls) {
  const result = await client.callTool({ name: tool, arguments: given });
  answers.push({ text: result.content[0].text, error: Boolean(result.isError) });
}
await client.close();
console.log(JSON.stringify({ tools, answers }));
