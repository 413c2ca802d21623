"""What one API request costs a run: direct on a new connection, direct on a kept one, and through the gateway."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from harness.cluster import COLLECTIONS, simulated
from harness.options import Options
from harness.results import Outcome
from harness.timing import in_turns
from pydantic import SecretStr

from mcp_bridge.gateway.grants import Grant
from mcp_bridge.gateway.service import Gateway
from mcp_bridge.settings import Settings
from mcp_bridge.system.write_gate import WriteGate

sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.connection import Connection

_NAMES = ("user", "token_id", "token_secret", "ca_path")
_OURS, _DIRECT = "through the gateway, new client", "direct, new client"


def measure(options: Options) -> Outcome:
    """Every run has a new client, so a run without the gateway pays for a new TLS connection first."""
    outcome = Outcome("one API request of a run")
    with simulated(10) as cluster, tempfile.TemporaryDirectory() as folder:
        known = {name: cluster.connection[name] for name in _NAMES}
        direct = Connection(host=cluster.connection["host"], port=cluster.connection["port"], **known)
        secret = SecretStr(known.pop("token_secret"))
        settings = Settings(url=cluster.connection["url"], token_secret=secret, **known)
        gateway = Gateway(settings.endpoint, settings.credentials, WriteGate(settings.state_dir))
        with gateway.admit(Grant(), Path(folder), lambda: None) as admission:
            key = Path(admission.environment["PROXMOX_GATEWAY_KEY_FILE"]).read_text(encoding="ascii")
            through = Connection(host="", user="", gateway=admission.environment["PROXMOX_GATEWAY"], gateway_key=key)
            kept, kept_through = Client(direct), Client(through)
            ways = {
                _OURS: lambda: Client(through).get("/version"),
                "through the gateway, kept connection": lambda: kept_through.get("/version"),
                _DIRECT: lambda: Client(direct).get("/version"),
                "direct, kept connection": lambda: kept.get("/version"),
            }
            samples = in_turns(ways, options.rounds)
        gateway.close()
    outcome.compare(samples)
    outcome.ratio("direct / through the gateway, new client, p50", samples[_DIRECT].p50 / samples[_OURS].p50)
    return outcome
