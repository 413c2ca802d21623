# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prompts in MCP's types: a server offers those procedures whose tools it offers."""

from __future__ import annotations

from typing import Any

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

from mcp_bridge import catalogue
from mcp_bridge.catalogue import run_tools
from mcp_bridge.catalogue.offer import Offer
from mcp_bridge.errors import UsageError
from mcp_bridge.mcp import prompts
from mcp_bridge.mcp.prompts import Prompt

Context = ServerRequestContext[Any, Any]


class Prompts:
    """The prompts of one server."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    async def list_prompts(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """List the procedures that can be followed with the tools of this server."""
        offered = [prompt for prompt in prompts.load().values() if not self._find_missing_tools(prompt)]
        return types.ListPromptsResult(prompts=[_describe_prompt(prompt) for prompt in offered])

    async def get_prompt(self, _ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """Return a procedure with its arguments filled in. Raises MCPError that says what is wrong with them."""
        try:
            prompt = self._find_prompt(params.name)
            text = prompt.render(params.arguments or {})
        except UsageError as error:
            raise MCPError(types.INVALID_PARAMS, f"{error.message} {error.hint or ''}".strip()) from None
        message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
        return types.GetPromptResult(description=prompt.description, messages=[message])

    def _find_prompt(self, name: str) -> Prompt:
        prompt = prompts.load().get(name)
        if prompt is None:
            offered = [other.name for other in prompts.load().values() if not self._find_missing_tools(other)]
            raise UsageError(f"There is no prompt {name[:60]!r}.", f"There are: {', '.join(offered) or 'none'}.")
        missing = self._find_missing_tools(prompt)
        if missing:
            toolsets = dict.fromkeys((run_tools.TOOLS.get(tool) or catalogue.load()[tool]).toolset for tool in missing)
            raise UsageError(
                f"The prompt {name} needs {', '.join(missing)}, which this server does not offer.",
                f"Its operator can offer the toolsets {', '.join(toolsets)} with --toolsets, in mode apply.",
            )
        return prompt

    def _find_missing_tools(self, prompt: Prompt) -> list[str]:
        return [tool for tool in prompt.tools if tool not in self._offer.names]


def _describe_prompt(prompt: Prompt) -> types.Prompt:
    arguments = [
        types.PromptArgument(
            name=argument.name,
            description=_describe_argument(argument.description, argument.default),
            required=argument.required,
        )
        for argument in prompt.arguments
    ]
    return types.Prompt(name=prompt.name, title=prompt.title, description=prompt.description, arguments=arguments)


def _describe_argument(description: str, default: str) -> str:
    return f"{description} (default: {default})" if default else description
