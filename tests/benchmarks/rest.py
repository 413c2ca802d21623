"""Reading the cluster through the REST API, beside the same read through MCP; what a key for each write costs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2
from harness import clients, web
from harness.cluster import Cluster, simulated
from harness.commands import output
from harness.options import Options
from harness.results import Outcome
from harness.timing import Way, in_turns

GUESTS = 100
_REST = "REST, `POST /tools/list_guests`"
_MCP_HTTP = "MCP over HTTP, `list_guests`"
_PLAIN, _KEYED = "REST, a write that changes nothing", "the same with an Idempotency-Key of its own"
_REPEATED = "the same repeated under its key"


def measure(options: Options) -> Outcome:
    """Every way in turns."""
    outcome = Outcome(f"{GUESTS} guests listed, and one configured as it is, through the REST API")
    with ExitStack() as stack:
        cluster = stack.enter_context(simulated(GUESTS))
        rest = stack.enter_context(_client(cluster))
        url, _pid = stack.enter_context(clients.playvisor_over_http(cluster))
        portal = stack.enter_context(clients.start_blocking_portal())
        client = portal.wrap_async_context_manager(clients.http_client(url))
        over_http = clients.Session(stack.enter_context(client), portal)
        over_stdio = stack.enter_context(clients.playvisor(cluster))
        reads: dict[str, Way] = {
            _REST: lambda: _require_all(len(_call(rest, "list_guests", {})["guests"])),
            _MCP_HTTP: lambda: _require_all(len(clients.answer(over_http.call("list_guests"))["guests"])),
            "MCP over stdio, `list_guests`": lambda: _require_all(
                len(clients.answer(over_stdio.call("list_guests"))["guests"])
            ),
            "REST, `GET /runs?limit=50`": lambda: rest.get("/runs", params={"limit": 50}).raise_for_status(),
        }
        read = in_turns(reads, options.rounds)
        guest = _call(rest, "list_guests", {})["guests"][0]
        numbers, wish = itertools.count(), {"vmid": guest["vmid"], "new_name": guest["name"]}
        writes: dict[str, Way] = {
            _PLAIN: lambda: _call(rest, "configure_guest", wish),
            _KEYED: lambda: _call(rest, "configure_guest", wish, key=f"key-{next(numbers)}"),
            _REPEATED: lambda: _call(rest, "configure_guest", wish, key="key-0"),
        }
        write = in_turns(writes, options.rounds)
    outcome.compare({**read, **write})
    outcome.ratio("REST read / MCP read over HTTP, p50", read[_REST].p50 / read[_MCP_HTTP].p50, 1)
    outcome.figure("what an Idempotency-Key costs a write, p50", write[_KEYED].p50 - write[_PLAIN].p50, "s")
    outcome.ratio("a repeated write / the write itself, p50", write[_REPEATED].p50 / write[_KEYED].p50, 0.25)
    return outcome


@contextmanager
def _client(cluster: Cluster) -> Iterator[httpx2.Client]:
    """A client of `playvisor web` with a token."""
    own = web.make_environment(cluster)
    made = json.loads(output([clients.PLAYVISOR, "tokens", "create", "bench", "--json"], own))
    headers = {"authorization": f"Bearer {made['token']}"}
    with ExitStack() as stack:
        url, _pid = stack.enter_context(web.serving(cluster))
        yield stack.enter_context(httpx2.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60))


def _call(rest: httpx2.Client, tool: str, arguments: dict[str, object], *, key: str = "") -> dict[str, object]:
    headers = {"idempotency-key": key} if key else {}
    answer = rest.post(f"/tools/{tool}", json=arguments, headers=headers)
    if answer.status_code != httpx2.codes.OK:
        raise SystemExit(f"{tool} was answered with {answer.status_code}: {answer.text}")
    return dict(answer.json())


def _require_all(found: int) -> None:
    if found != GUESTS:
        raise SystemExit(f"{found} guests instead of {GUESTS}; its time means nothing.")
