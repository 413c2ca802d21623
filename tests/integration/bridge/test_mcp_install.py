"""`playvisor mcp install`, and the server started as the client would start it."""

from __future__ import annotations

import json

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

pytestmark = pytest.mark.flow


def test_a_client_gets_playvisor_beside_what_it_has_and_starts_it(playvisor, env, simulator, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(simulator.token_secret)
    home = {"HOME": str(tmp_path), "PROXMOX_TOKEN_SECRET": None, "PROXMOX_TOKEN_SECRET_FILE": str(secret)}
    file = tmp_path / ".cursor" / "mcp.json"
    file.parent.mkdir()
    before = '{\n    "theme": "dark",\n    "mcpServers": {"other": {"command": "x", "env": {"A": "ü"}}}\n}\n'
    file.write_text(before, encoding="utf-8")
    file.chmod(0o640)

    shown = playvisor("mcp", "install", "cursor", "--mode", "apply", "--print", **home)
    assert file.read_text(encoding="utf-8") == before
    first = playvisor("mcp", "install", "cursor", "--mode", "apply", "--json", **home)
    again = playvisor("mcp", "install", "cursor", "--mode", "apply", **home)

    assert (shown.status, first.status, again.status) == (0, 0, 0)
    written = file.read_text(encoding="utf-8")
    config = json.loads(written)
    entry = config["mcpServers"].pop("playvisor")
    assert {"mcpServers": {"playvisor": entry}} == shown.json
    assert config == json.loads(before)
    assert simulator.token_secret not in written
    assert written.startswith('{\n    "theme"')
    assert file.stat().st_mode & 0o777 == 0o640
    assert "unchanged" in again.stderr
    assert [backup.read_text(encoding="utf-8") for backup in file.parent.glob("*.bak")] == [before]
    assert first.json["backup"] == str(next(file.parent.glob("*.bak")))

    async def connected():
        started = StdioServerParameters(command=entry["command"], args=entry["args"], env=entry["env"])
        async with Client(started) as client:
            return await client.call_tool("list_guests", {})

    assert anyio.run(connected).structured_content["status"] == "ok"


def test_a_file_that_can_not_be_merged_into_stays_as_it_is(playvisor, clean_env, tmp_path):
    file = tmp_path / "mcp.json"
    file.write_text('{\n  // mine\n  "servers": {}\n}')

    done = playvisor("mcp", "install", "vscode", "--file", str(file), environment=clean_env)

    assert done.status == 2
    assert "it is not plain JSON" in done.stderr
    assert file.read_text() == '{\n  // mine\n  "servers": {}\n}'
    assert list(tmp_path.glob("*.bak")) == []
