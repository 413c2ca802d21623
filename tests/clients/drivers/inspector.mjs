// The MCP Inspector on the command line, which starts the server anew for each request.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { server, calls } = JSON.parse(readFileSync(0, "utf8"));
const cli = process.env.INSPECTOR;
// It takes no variable that is empty.
const variables = Object.entries(server.env)
  .filter(([, value]) => value !== "")
  .flatMap(([name, value]) => ["-e", `${name}=${value}`]);
const ask = (...words) => {
  const command = [cli, "--cli", ...variables, "--", server.command, ...server.args];
  return JSON.parse(execFileSync(process.execPath, [...command, ...words], { encoding: "utf8" }));
};
const tools = ask("--method", "tools/list").tools.map((tool) => tool.name);
const answers = calls.map(({ tool, arguments: given }) => {
  const words = Object.entries(given).flatMap(([name, value]) => {
    return ["--tool-arg", `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`];
  });
  const result = ask("--method", "tools/call", "--tool-name", tool, ...words);
  return { text: result.content[0].text, error: Boolean(result.isError) };
});
console.log(JSON.stringify({ tools, answers }));
