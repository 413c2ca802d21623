"""A model that does what it was told beforehand, behind the APIs that agents speak; it keeps what it was shown."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

Call = tuple[str, dict[str, Any]]
_SAID = "That is all."
_NUMBERS = count(1)
# How agents put the server's name before a tool's.
_SERVER = re.compile(r"^(mcp_+)?playvisor_+")


@dataclass
class ScriptedModel:
    """Makes one call after the other, and then ends. `tools` and `answers` are what the last agent has shown it."""

    calls: Sequence[Call]
    url: str = ""
    tools: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def answer(self, path: str, body: dict[str, Any]) -> tuple[str, bytes]:
        """The type and the content of the answer to a request."""
        api = next((api for part, api in _APIS.items() if part in path), None)
        if api is None:
            self.others.append(path)
            return "application/json", b"{}"
        body.setdefault("stream", "stream" in path)
        names = {_SERVER.sub("", name.rpartition(".")[2]): name for name in api.list_tools(body)}
        if not any(tool in names for tool, _arguments in self.calls):
            # Agents also have their model find titles and the like.
            return api.render(body, _SAID, None)
        answers = api.list_answers(body)
        self.tools, self.answers = sorted(names), answers
        if len(answers) >= len(self.calls):
            return api.render(body, _SAID, None)
        tool, arguments = self.calls[len(answers)]
        return api.render(body, "", (names[tool], arguments))

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Answer requests on a port of this machine, until left."""
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send("application/json", b'{"data":[],"models":[]}')

            do_HEAD = do_GET

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                self._send(*model.answer(self.path, json.loads(content or b"{}")))

            def _send(self, kind: str, content: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *_args: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


class Anthropic:
    """The Messages API."""

    @staticmethod
    def list_tools(body: dict[str, Any]) -> list[str]:
        return [tool["name"] for tool in body.get("tools") or ()]

    @staticmethod
    def list_answers(body: dict[str, Any]) -> list[dict[str, Any]]:
        parts = [
            part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]
        ]
        return [
            {"text": _join(part.get("content")), "error": bool(part.get("is_error"))}
            for part in parts
            if part["type"] == "tool_result"
        ]

    @staticmethod
    def render(body: dict[str, Any], text: str, call: Call | None) -> tuple[str, bytes]:
        block = {"type": "text", "text": text}
        delta: dict[str, Any] = {"type": "text_delta", "text": text}
        if call:
            block = {"type": "tool_use", "id": _make_id(), "name": call[0], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {
            "id": _make_id(),
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }
        stop = "tool_use" if call else "end_turn"
        if not body["stream"]:
            filled = {**block, "input": call[1]} if call else block
            return _json({**message, "content": [filled], "stop_reason": stop})
        return _events(
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": {**block, "text": ""} if not call else block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        )


class Responses:
    """OpenAI's Responses API."""

    @staticmethod
    def list_tools(body: dict[str, Any]) -> list[str]:
        names = []
        for tool in body.get("tools") or ():
            inner = tool.get("tools") if tool["type"] == "namespace" else None
            names += [f"{tool['name']}.{entry['name']}" for entry in inner or ()] or [tool.get("name") or tool["type"]]
        return names

    @staticmethod
    def list_answers(body: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"text": _join(item["output"]), "error": False}
            for item in body["input"]
            if item["type"] == "function_call_output"
        ]

    @staticmethod
    def render(body: dict[str, Any], text: str, call: Call | None) -> tuple[str, bytes]:
        item: dict[str, Any] = {
            "type": "message",
            "id": _make_id(),
            "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }
        if call:
            space, _dot, name = call[0].rpartition(".")
            item = {"type": "function_call", "id": _make_id(), "call_id": _make_id(), "name": name}
            item |= {"arguments": json.dumps(call[1])} | ({"namespace": space} if space else {})
        response = {"id": _make_id(), "object": "response", "status": "completed", "output": [item]}
        response["usage"] = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        return _events(
            {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        )


class Completions:
    """OpenAI's older API, which many others speak."""

    @staticmethod
    def list_tools(body: dict[str, Any]) -> list[str]:
        return [tool["function"]["name"] for tool in body.get("tools") or ()]

    @staticmethod
    def list_answers(body: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"text": _join(message["content"]), "error": False}
            for message in body["messages"]
            if message["role"] == "tool"
        ]

    @staticmethod
    def render(body: dict[str, Any], text: str, call: Call | None) -> tuple[str, bytes]:
        delta: dict[str, Any] = {"role": "assistant", "content": text}
        if call:
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            delta["tool_calls"] = [{"index": 0, "id": _make_id(), "type": "function", "function": function}]
        stop = "tool_calls" if call else "stop"
        head = {"id": _make_id(), "created": 1, "model": body["model"]}
        if not body["stream"]:
            return _json(
                {
                    **head,
                    "object": "chat.completion",
                    "choices": [{"index": 0, "message": delta, "finish_reason": stop}],
                }
            )
        chunks = [{"index": 0, "delta": delta, "finish_reason": None}, {"index": 0, "delta": {}, "finish_reason": stop}]
        return _events(*({**head, "object": "chat.completion.chunk", "choices": [chunk]} for chunk in chunks))


class Gemini:
    """Google's API."""

    @staticmethod
    def list_tools(body: dict[str, Any]) -> list[str]:
        return [entry["name"] for tool in body.get("tools") or () for entry in tool.get("functionDeclarations") or ()]

    @staticmethod
    def list_answers(body: dict[str, Any]) -> list[dict[str, Any]]:
        parts = [
            part["functionResponse"]
            for content in body["contents"]
            for part in content["parts"]
            if "functionResponse" in part
        ]
        return [
            {"text": _join(part["response"]), "error": any(part["response"].get(name) for name in ("error", "isError"))}
            for part in parts
        ]

    @staticmethod
    def render(body: dict[str, Any], text: str, call: Call | None) -> tuple[str, bytes]:
        part: dict[str, Any] = {"functionCall": {"name": call[0], "args": call[1]}} if call else {"text": text}
        candidate = {"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}
        answer = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 2}}
        return _events(answer) if body["stream"] else _json(answer)


_APIS: dict[str, Any] = {
    "/messages": Anthropic,
    "/responses": Responses,
    "/chat/completions": Completions,
    "GenerateContent": Gemini,
    ":generateContent": Gemini,
}


def _join(content: Any) -> str:
    """What a model reads of an answer."""
    if isinstance(content, list):
        return "\n".join(part.get("text", json.dumps(part)) for part in content)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _make_id() -> str:
    """An id that no other message or call has: some agents take what has the same one for the same."""
    return f"id_{next(_NUMBERS)}"


def _json(answer: dict[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps(answer).encode()


def _events(*events: dict[str, Any]) -> tuple[str, bytes]:
    lines = (
        (f"event: {event['type']}\n" if "type" in event else "") + f"data: {json.dumps(event)}\n\n" for event in events
    )
    return "text/event-stream", "".join(lines).encode()
