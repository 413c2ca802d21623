"""A server with the tools, resources and prompts that the MCP conformance suite names, behind Playvisor's own door.

What it offers is for the suite only; the transport, the SDK's layer and the way they are served are those of
`playvisor mcp --transport http`. Run as a script, it serves until a signal.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from mcp_bridge.ledger.refused_logins import RefusedLogins
from mcp_bridge.mcp.http import ListenOptions, serve_http

Context = ServerRequestContext[Any, Any]
Content = list[types.ContentBlock]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA="
IMAGE = types.ImageContent(type="image", data=PNG, mime_type="image/png")
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}},
    },
    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
    "additionalProperties": False,
}
WATCHED = "test://watched-resource"


def text(words: str) -> types.TextContent:
    return types.TextContent(type="text", text=words)


def embedded(uri: str, words: str, kind: str = "text/plain") -> types.EmbeddedResource:
    held = types.TextResourceContents(uri=uri, mime_type=kind, text=words)
    return types.EmbeddedResource(type="resource", resource=held)


async def simple_text(_ctx: Context, _given: dict[str, Any]) -> Content:
    return [text("This is a simple text response for testing.")]


async def image(_ctx: Context, _given: dict[str, Any]) -> Content:
    return [IMAGE]


async def audio(_ctx: Context, _given: dict[str, Any]) -> Content:
    return [types.AudioContent(type="audio", data=WAV, mime_type="audio/wav")]


async def resource(_ctx: Context, _given: dict[str, Any]) -> Content:
    return [embedded("test://embedded-resource", "This is an embedded resource content.")]


async def mixed(_ctx: Context, _given: dict[str, Any]) -> Content:
    held = embedded("test://mixed-content-resource", json.dumps({"test": "data", "value": 123}), "application/json")
    return [text("Multiple content types test:"), IMAGE, held]


async def failing(_ctx: Context, _given: dict[str, Any]) -> Content:
    raise ValueError("This tool intentionally returns an error for testing")


async def logging(ctx: Context, _given: dict[str, Any]) -> Content:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.session.send_log_message(level="info", data=words, related_request_id=ctx.request_id)
    return [text("Logged")]


async def progress(ctx: Context, _given: dict[str, Any]) -> Content:
    for done in (0, 50, 100):
        await ctx.session.report_progress(done, 100)
    return [text("Done")]


async def sampling(ctx: Context, given: dict[str, Any]) -> Content:
    asked = types.SamplingMessage(role="user", content=text(given["prompt"]))
    made = await ctx.session.create_message([asked], max_tokens=100, related_request_id=ctx.request_id)
    return [text(f"LLM response: {made.content}")]


async def ask(ctx: Context, message: str, properties: dict[str, Any], required: list[str]) -> Content:
    schema = {"type": "object", "properties": properties, "required": required}
    answer = await ctx.session.elicit_form(message, schema, related_request_id=ctx.request_id)
    return [text(f"Elicitation completed: action={answer.action}, content={json.dumps(answer.content)}")]


async def elicitation(ctx: Context, given: dict[str, Any]) -> Content:
    properties = {name: {"type": "string", "description": name} for name in ("username", "email")}
    return await ask(ctx, given["message"], properties, ["username", "email"])


async def defaults(ctx: Context, _given: dict[str, Any]) -> Content:
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await ask(ctx, "Defaults", properties, [])


async def enums(ctx: Context, _given: dict[str, Any]) -> Content:
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{n}", "title": f"Choice {n}"} for n in (1, 2, 3)]
    properties = {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await ask(ctx, "Enums", properties, [])


async def reconnection(ctx: Context, _given: dict[str, Any]) -> Content:
    if ctx.close_sse_stream:
        await ctx.close_sse_stream()
    await asyncio.sleep(0.1)
    return [text("Reconnected")]


TOOLS: dict[str, Callable[[Context, dict[str, Any]], Awaitable[Content]]] = {
    "test_simple_text": simple_text,
    "test_image_content": image,
    "test_audio_content": audio,
    "test_embedded_resource": resource,
    "test_multiple_content_types": mixed,
    "test_error_handling": failing,
    "test_tool_with_logging": logging,
    "test_tool_with_progress": progress,
    "test_sampling": sampling,
    "test_elicitation": elicitation,
    "test_elicitation_sep1034_defaults": defaults,
    "test_elicitation_sep1330_enums": enums,
    "test_reconnection": reconnection,
    "json_schema_2020_12_tool": simple_text,
}
ARGUMENTS = {"test_sampling": ["prompt"], "test_elicitation": ["message"]}


def input_schema(name: str) -> dict[str, Any]:
    if name == "json_schema_2020_12_tool":
        return SCHEMA
    needed = ARGUMENTS.get(name, [])
    return {"type": "object", "properties": {word: {"type": "string"} for word in needed}, "required": needed}


async def list_tools(_ctx: Context, _params: Any) -> types.ListToolsResult:
    tools = [types.Tool(name=name, description=name, input_schema=input_schema(name)) for name in TOOLS]
    return types.ListToolsResult(tools=tools)


async def call_tool(ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    try:
        return types.CallToolResult(content=await TOOLS[params.name](ctx, params.arguments or {}))
    except ValueError as error:
        return types.CallToolResult(content=[text(str(error))], is_error=True)


async def list_resources(_ctx: Context, _params: Any) -> types.ListResourcesResult:
    names = ("test://static-text", "test://static-binary", WATCHED)
    return types.ListResourcesResult(resources=[types.Resource(uri=uri, name=uri) for uri in names])


async def list_templates(_ctx: Context, _params: Any) -> types.ListResourceTemplatesResult:
    template = types.ResourceTemplate(uri_template="test://template/{id}/data", name="template")
    return types.ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(_ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
    uri = str(params.uri)
    if uri == "test://static-binary":
        held: Any = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PNG)
    elif uri.startswith("test://template/"):
        number = uri.split("/")[3]
        told = json.dumps({"id": number, "templateTest": True, "data": f"Data for ID: {number}"})
        held = types.TextResourceContents(uri=uri, mime_type="application/json", text=told)
    else:
        held = types.TextResourceContents(uri=uri, mime_type="text/plain", text="This is a static text resource.")
    return types.ReadResourceResult(contents=[held])


async def subscribe(_ctx: Context, _params: Any) -> types.EmptyResult:
    return types.EmptyResult()


async def list_prompts(_ctx: Context, _params: Any) -> types.ListPromptsResult:
    def prompt(name: str, *arguments: str) -> types.Prompt:
        taken = [types.PromptArgument(name=argument, required=True) for argument in arguments]
        return types.Prompt(name=name, description=name, arguments=taken)

    return types.ListPromptsResult(
        prompts=[
            prompt("test_simple_prompt"),
            prompt("test_prompt_with_arguments", "arg1", "arg2"),
            prompt("test_prompt_with_embedded_resource", "resourceUri"),
            prompt("test_prompt_with_image"),
        ]
    )


async def get_prompt(_ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    given = params.arguments or {}
    contents: dict[str, Content] = {
        "test_simple_prompt": [text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [
            text(f"Prompt with arguments: arg1={given.get('arg1')!r}, arg2={given.get('arg2')!r}")
        ],
        "test_prompt_with_embedded_resource": [
            embedded(str(given.get("resourceUri")), "Embedded resource content for testing."),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [IMAGE, text("Please analyze the image above.")],
    }
    messages = [types.PromptMessage(role="user", content=content) for content in contents[params.name]]
    return types.GetPromptResult(messages=messages)


async def complete(_ctx: Context, _params: Any) -> types.CompleteResult:
    return types.CompleteResult(completion=types.Completion(values=[], total=0, has_more=False))


async def set_level(_ctx: Context, _params: Any) -> types.EmptyResult:
    return types.EmptyResult()


class FixtureServer:
    """What `serve_http` serves."""

    def __init__(self) -> None:
        self.server: Server[Any] = Server(
            "conformance-fixture",
            on_list_tools=list_tools,
            on_call_tool=call_tool,
            on_list_resources=list_resources,
            on_list_resource_templates=list_templates,
            on_read_resource=read_resource,
            on_subscribe_resource=subscribe,
            on_unsubscribe_resource=subscribe,
            on_list_prompts=list_prompts,
            on_get_prompt=get_prompt,
            on_completion=complete,
            on_set_logging_level=set_level,
        )

    async def stop_runs(self) -> None:
        """There are none."""


if __name__ == "__main__":
    # It asks for no token, so it refuses nobody.
    refused = RefusedLogins(lambda _act: None)
    serve_http(FixtureServer(), ListenOptions(port=0, auth=False), lambda _bearer: None, refused)
