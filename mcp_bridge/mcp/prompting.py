# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The procedures in MCP's own types: those whose tools a server offers."""

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


class Prompting:
    """The prompts of one server."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    async def list_prompts(
        self, _ctx: Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        """The procedures that can be followed with the tools of this server."""
        offered = [prompt for prompt in prompts.load().values() if not self._missing(prompt)]
        return types.ListPromptsResult(prompts=[_listed(prompt) for prompt in offered])

    async def get_prompt(self, _ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """A procedure with its arguments put in. Raises MCPError that says what is wrong with them."""
        try:
            prompt = self._found(params.name)
            text = prompt.filled(params.arguments or {})
        except UsageError as error:
            raise MCPError(types.INVALID_PARAMS, f"{error.message} {error.hint or ''}".strip()) from None
        message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
        return types.GetPromptResult(description=prompt.description, messages=[message])

    def _found(self, name: str) -> Prompt:
        prompt = prompts.load().get(name)
        if prompt is None:
            offered = [known.name for known in prompts.load().values() if not self._missing(known)]
            raise UsageError(f"There is no prompt {name[:60]!r}.", f"There are: {', '.join(offered) or 'none'}.")
        missing = self._missing(prompt)
        if missing:
            toolsets = dict.fromkeys((run_tools.TOOLS.get(tool) or catalogue.load()[tool]).toolset for tool in missing)
            raise UsageError(
                f"The prompt {name} needs {', '.join(missing)}, which this server does not offer.",
                f"Whoever runs it can offer the toolsets {', '.join(toolsets)} with --toolsets, in a mode that acts.",
            )
        return prompt

    def _missing(self, prompt: Prompt) -> list[str]:
        return [tool for tool in prompt.tools if tool not in self._offer.names]


def _listed(prompt: Prompt) -> types.Prompt:
    arguments = [
        types.PromptArgument(name=one.name, description=_told(one.description, one.default), required=one.required)
        for one in prompt.arguments
    ]
    return types.Prompt(name=prompt.name, title=prompt.title, description=prompt.description, arguments=arguments)


def _told(description: str, default: str) -> str:
    return f"{description} (default: {default})" if default else description
