"""What goes into the configuration of an AI client, and what does not."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from mcp_bridge.errors import UsageError
from mcp_bridge.text.redaction import Redactor
from playvisor.cli import clients
from playvisor.cli.commands import mcp

SECRET = "7d9f1c1e-0f5e-4b52-9c0e-3c3f0a4d7b11"
REDACTOR = Redactor([SECRET])


def read(client, **environment):
    return clients.read_connection(environment, REDACTOR, clients.find_client(client))


@pytest.mark.parametrize("client", clients.load_clients())
def test_no_client_gets_a_secret(client):
    connection = read(
        client,
        PROXMOX_URL="https://pve1:8006",
        PROXMOX_TOKEN_SECRET=SECRET,
        PROXMOX_USER=f"root@pam {SECRET}",
        PLAYVISOR_LEDGER_URL="postgresql://me:pw@db/x",
        PLAYVISOR_VAULT_PASSWORD="x",
        SOMETHING_ELSE="y",
    )

    assert connection.variables.pop("PROXMOX_URL") == "https://pve1:8006"
    assert all(value.startswith("$") for value in connection.variables.values())
    assert set(connection.variables) <= {"PROXMOX_TOKEN_SECRET"}
    assert connection.secrets == ["PROXMOX_TOKEN_SECRET"]
    assert connection.left_out == ["PLAYVISOR_LEDGER_URL", "PLAYVISOR_VAULT_PASSWORD", "PROXMOX_USER"]


def test_a_file_with_the_secret_takes_its_place_by_its_whole_path():
    connection = read("cursor", PROXMOX_TOKEN_SECRET=SECRET, PROXMOX_TOKEN_SECRET_FILE="secrets/token")

    assert connection.variables == {"PROXMOX_TOKEN_SECRET_FILE": str(Path.cwd() / "secrets/token")}
    assert connection.secrets == []


def test_an_entry_keeps_what_somebody_else_put_into_it():
    old = {
        "command": "old",
        "disabled": True,
        "env": {"TZ": "UTC", "PROXMOX_URL": "https://old", "PROXMOX_TOKEN_SECRET": "${env:PROXMOX_TOKEN_SECRET}"},
    }

    entry = clients.make_entry(clients.find_client("vscode"), ["new", "mcp"], {"PROXMOX_URL": "https://new"}, old)

    assert entry == {
        "command": "new",
        "args": ["mcp"],
        "disabled": True,
        "type": "stdio",
        "env": {"TZ": "UTC", "PROXMOX_URL": "https://new"},
    }


@pytest.mark.parametrize(
    ("client", "platform", "path"),
    [
        ("claude-desktop", "linux", "/cfg/Claude/claude_desktop_config.json"),
        ("claude-desktop", "darwin", "~/Library/Application Support/Claude/claude_desktop_config.json"),
        ("vscode", "linux", "/cfg/Code/User/mcp.json"),
        ("vscode", "darwin", "~/Library/Application Support/Code/User/mcp.json"),
        ("claude-code", "linux", "~/.claude.json"),
        ("cursor", "darwin", "~/.cursor/mcp.json"),
        ("windsurf", "linux", "~/.codeium/windsurf/mcp_config.json"),
        ("gemini-cli", "linux", "~/.gemini/settings.json"),
    ],
)
def test_each_client_keeps_its_file_where_the_system_wants_it(client, platform, path):
    found = clients.find_client(client).find_path({"XDG_CONFIG_HOME": "/cfg"}, platform)

    assert found == Path(path).expanduser()


def test_where_a_file_is_not_known_it_has_to_be_named():
    assert clients.find_client("vscode").find_path({}, "linux") == Path("~/.config/Code/User/mcp.json").expanduser()
    with pytest.raises(UsageError, match="on win32 is not known"):
        clients.find_client("vscode").find_path({}, "win32")
    with pytest.raises(UsageError) as caught:
        clients.find_client("coursor")
    assert caught.value.hint.startswith("Did you mean cursor? There are: claude-desktop, claude-code, cursor")


def test_the_help_names_every_client():
    assert all(name in inspect.getsource(mcp.mcp_install) for name in clients.load_clients())
