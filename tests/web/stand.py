"""The stand of the flows in a browser: a simulated cluster, the web server on it, and an AI client.

It prints its address as a line of JSON, does what each line of its stdin says, answers with a line each, and ends when
stdin does. `{"do": "link"}` makes a one-time link, `{"do": "call", "tool": …, "arguments": …}` calls a tool as an AI
client would, `{"do": "change", "vmid": …, "config": …}` changes a guest behind Playvisor's back, and
`{"do": "append", "file": …, "text": …}` a file of the fleet that is served. `{"do": "look"}` looks at the cluster for
its history. With `"ways": true` people come in by an identity provider and as users of the cluster, too; both know ada.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from oidc_provider import OidcProvider
from pydantic import SecretStr

from mcp_bridge import version
from mcp_bridge.auth.addresses import find_own_addresses
from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.auth.issuer import Issuer
from mcp_bridge.ledger.records import LOOK, SELF
from mcp_bridge.run import Bridge, Request
from mcp_bridge.run.factory import make_bridge
from mcp_bridge.run.sync import Manner, sync_history
from mcp_bridge.settings import Settings
from mcp_bridge.system.serving import Listening, open_listening
from playvisor.cli.command_line import LENT_PROGRAMS
from playvisor.fleet.tools import register_tools
from playvisor.web.app import make_app
from playvisor.web.context import Ways, WebContext
from playvisor.web.fleets.sources import Fleets
from playvisor.web.signin.oidc import CALLBACK, Client, OidcLogIn
from playvisor.web.signin.realm import RealmLogIn
from pve_simulator import Simulator, build_cluster
from pve_simulator.state.access import Group, User

FLEET = """\
fleet: shop
profiles:
  web: {memory: 2048, description: Shop}
guests:
  web-01:
    profiles: [web]
    type: qemu
    vmid: 101
pools:
  shop: {comment: The shop}
"""

PASSWORD = "correct horse battery staple"
ROLES = ("operator", "approver")


class Stand:
    """What the flows can ask for."""

    def __init__(self, simulator: Simulator, bridge: Bridge, context: WebContext, url: str, fleet: Path) -> None:
        self._simulator = simulator
        self._bridge = bridge
        self._context = context
        self._url = url
        self._fleet = fleet

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked."""
        match asked["do"]:
            case "link":
                return {"link": f"{self._url}/#link={self._context.links.make()}"}
            case "call":
                request = Request(asked["tool"], asked["arguments"], "apply", make_local_client("claude-code", "2.1"))
                result = self._bridge.call(request, lambda _line: None, threading.Event())
                return result.as_dict()
            case "change":
                guest = self._simulator.cluster.guests[asked["vmid"]]
                guest.config.update(asked["config"])
                return {"changed": asked["vmid"]}
            case "look":
                request = Request(LOOK, {}, "read", make_local_client(SELF, version()))
                synced = sync_history(
                    self._bridge, request, lambda _line: None, threading.Event(), Manner(everything=True)
                )
                return {"looked": synced is not None}
            case "append":
                with (self._fleet / asked["file"]).open("a", encoding="utf-8") as file:
                    file.write(asked["text"])
                return {"changed": asked["file"]}
            case other:
                return {"error": f"{other}?"}


def make_ways(bridge: Bridge, provider: OidcProvider, url: str) -> Ways:
    """Let people in by an identity provider, and as users of Proxmox VE."""
    secret = SecretStr(provider.client_secret)
    client = Client(provider.client_id, secret, f"{url}{CALLBACK}", "openid", {"ops": ROLES}, "Example")
    oidc = OidcLogIn(Issuer(provider.issuer, roles_claim="groups"), client)
    return Ways(oidc, RealmLogIn(bridge, {"@ops": ROLES}))


@contextmanager
def open_stand(folder: Path, nodes: int, guests: int, *, ways: bool) -> Iterator[Stand]:
    """Open a stand for as long as the context lasts."""
    register_tools()
    cluster = build_cluster(nodes=nodes, guests=guests)
    cluster.access.groups["ops"] = Group()
    cluster.access.users["ada@pve"] = User(password=PASSWORD, groups=["ops"])
    simulated = Simulator(cluster, port=0, task_seconds=0.4, resources_lag=0.0, status_cache=0.0)
    with ExitStack() as opened, simulated as simulator:
        settings = Settings(
            url=simulator.url,
            user=simulator.user,
            token_id=simulator.token_id,
            token_secret=SecretStr(simulator.token_secret),
            fingerprint=simulator.fingerprint,
            state_dir=folder / "state",
        )
        bridge = make_bridge(settings, lasting=True, lends=LENT_PROGRAMS)
        where = Listening("127.0.0.1", 0)
        with open_listening(where) as listening:
            port = listening.getsockname()[1]
            fleet = folder / "shop"
            fleet.mkdir()
            (fleet / "fleet.yml").write_text(FLEET, encoding="utf-8")
            addresses = find_own_addresses("127.0.0.1", port)
            url = f"http://127.0.0.1:{port}"
            provider = opened.enter_context(OidcProvider({"ada": {"groups": ["ops"]}})) if ways else None
            known = make_ways(bridge, provider, url) if provider else Ways()
            context = WebContext(bridge, "apply", addresses, url=url, ways=known, fleets=Fleets([fleet]))
            config = uvicorn.Config(make_app(context), log_level="warning", ws="wsproto", access_log=False)
            server = uvicorn.Server(config)
            serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            serving.start()
            while not server.started and serving.is_alive():
                time.sleep(0.01)
            context.read_cluster()
            yield Stand(simulator, bridge, context, url, fleet)
            server.should_exit = True
            serving.join(5)
        bridge.close()


def main() -> None:
    """Open a stand, and answer until stdin ends."""
    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    with tempfile.TemporaryDirectory(prefix="playvisor-web-") as name:
        os.environ["HOME"] = name
        how = {"ways": options.get("ways", False)}
        with open_stand(Path(name), options.get("nodes", 3), options.get("guests", 12), **how) as stand:
            print(json.dumps(stand.answer({"do": "link"})), flush=True)
            for line in sys.stdin:
                print(json.dumps(stand.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
