"""The life of a fleet: somebody uses the command line, and somebody else changes the same guests by plain requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.playvisor.proxmox.plugins.module_utils._api.client import Client
from ruamel.yaml import YAML

from . import Call, Place
from .running import carry_out, remove_guests
from .shapes import Shape, remove_around

NAME = "pv-test"
POOL = "pv-test-life"
STILL, RUNNING, GOLDEN, MADE = "pv-test-still", "pv-test-running", "pv-test-golden", "pv-test-made"
GOLDEN_PATH = f"guests.{GOLDEN}"
NOTHING, CHANGES, CONFLICT, HELD = 0, 2, 1, 3


@dataclass(frozen=True)
class User:
    """Who has a fleet in `folder`, and calls `run("fleet", "plan", …)`, which returns status, stdout and stderr.

    `client` is somebody else, who uses the same cluster.
    """

    place: Place
    client: Client
    folder: Path
    run: Callable[..., Any]

    @property
    def file(self) -> Path:
        return self.folder / "fleet.yml"

    def call(self, *words: str, status: int = NOTHING) -> Any:
        """What a command prints as JSON; it ends with this exit status."""
        return _read(self.run(*words, "-o", "json"), " ".join(words), status)

    def fleet(self, command: str, *words: str, status: int = NOTHING) -> Any:
        """What a command about this fleet prints."""
        return self.call("fleet", command, *words, str(self.file), status=status)

    def plan(self, status: int = NOTHING) -> dict[str, dict[str, Any]]:
        """What a plan says of each object, by its path."""
        return {one["path"]: one for one in self.fleet("plan", status=status)["objects"]}

    def apply(self, command: str = "apply", *words: str) -> Any:
        """Apply the fleet, or roll it back, after an approval where that is needed."""
        done = self.run("fleet", command, *words, "--yes", str(self.file), "-o", "json")
        if done.status == HELD:
            self.call("approvals", "approve", json.loads(done.stdout)["plan"]["id"], "--yes")
        return self.fleet(command, *words, "--yes") if done.status == HELD else _read(done, command)

    def require_settled(self) -> None:
        """The plan is empty, and an apply sends nothing."""
        objects = self.plan()
        changing = {path: one["changes"] for path, one in objects.items() if one["changed"]}
        assert not changing, f"the plan is not empty: {changing}"
        applied = self.apply()
        assert not applied["changed"], f"an apply of what is settled changed something: {applied}"

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the file by hand."""
        yaml = YAML()
        document = yaml.load(self.file)
        change(document)
        yaml.dump(document, self.file)

    def send(self, method: str, path: str, /, **params: Any) -> None:
        """Let somebody else send a plain request."""
        carry_out(self.client, [Call(method, path, params)])

    def take_over(self, vmids: Iterable[int]) -> None:
        """Import these guests, and see that nothing is to be done."""
        selected = [word for vmid in vmids for word in ("--select", str(vmid))]
        self.call("fleet", "import", "--into", str(self.file), "--name", NAME, "--force", *selected)
        self.require_settled()


def _read(done: Any, command: str, status: int = NOTHING) -> Any:
    assert done.status == status, f"{command} ended with {done.status}, not {status}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def live_with_shapes(user: User, shapes: list[Shape]) -> None:
    """Guests of these shapes are taken over, changed, changed by somebody else, accepted, and rolled back."""
    place = user.place
    vmids = {shape.name: place.vmid(index) for index, shape in enumerate(shapes)}
    paths = {one.name: f"/nodes/{place.node}/{one.kind}/{vmids[one.name]}/config" for one in shapes}
    free = [shape.name for shape in shapes if not shape.is_locked]
    try:
        for index, shape in enumerate(shapes):
            carry_out(user.client, shape.make(place, index))
        before = {name: user.client.get(path) for name, path in paths.items()}
        user.take_over(vmids.values())
        assert _read_all(user, paths, "digest") == {name: config["digest"] for name, config in before.items()}
        for name in free:
            user.edit(lambda document, name=name: document["guests"][name].update(description="ours"))
        consequences = _list_consequences(user.plan(CHANGES))
        assert consequences == dict.fromkeys([(name, "description") for name in free], "live"), consequences
        assert user.apply()["changed"]
        revision = user.fleet("history")[0]["revision"]
        user.require_settled()
        for name in free:
            user.send("PUT", paths[name], description="theirs")
        drifted = _list_drift(user.fleet("drift", status=CHANGES))
        assert drifted == {(name, "description"): ("ours", "theirs") for name in free}, drifted
        user.plan(CONFLICT)
        user.fleet("accept", "--yes")
        user.require_settled()
        user.apply("rollback", str(revision))
        back = _read_all(user, {name: paths[name] for name in free}, "description")
        assert {name: text.rstrip() for name, text in back.items()} == dict.fromkeys(free, "ours"), back
    finally:
        remove_guests(user.client, vmids.values())
        carry_out(user.client, remove_around(place))


def live(user: User) -> None:
    """One fleet from its import to its last guest, by changes of each consequence."""
    place, client = user.place, user.client
    names = (STILL, RUNNING, GOLDEN, MADE)
    vmids = {name: place.vmid(index) for index, name in enumerate(names)}
    guests = {name: f"/nodes/{place.node}/qemu/{vmid}" for name, vmid in vmids.items()}
    card = f"virtio,bridge={place.bridge}"
    try:
        carry_out(client, place.machine(0, name=STILL, net0=card, description="still"))
        carry_out(client, place.machine(1, name=RUNNING, running=True, net0=card, description="first"))
        carry_out(client, place.machine(2, name=GOLDEN, running=True))
        # The import says of a guest whether it runs, as far as the cluster's list knows that by now.
        carry_out(client, [place.broadcast(0, 1, 2)])
        user.take_over(list(vmids.values())[:3])
        user.call("history", "sync")
        _change(user, vmids)
        _ask_for_a_template(user, guests[GOLDEN])
        _make_of_template(user, vmids)
        user.call("history", "sync")
        _be_changed_by_somebody_else(user, guests)
        _go_back(user, guests)
        _give_up(user, vmids)
        user.call("runs", "verify")
    finally:
        remove_guests(client, vmids.values())
        carry_out(client, [Call("DELETE", "/pools", {"poolid": POOL}, optional=True)])


def _change(user: User, vmids: Mapping[str, int]) -> None:
    """What is live, what waits for a restart, and what replaces a device."""

    def change(document: dict[str, Any]) -> None:
        document["pools"] = {POOL: {"comment": "What it is for"}}
        document["guests"][STILL].update(memory=96, pool=POOL)
        document["guests"][RUNNING].update(description="second", memory=96, cores=2)
        document["guests"][RUNNING]["nics"][0]["model"] = "e1000"

    user.edit(change)
    consequences = _list_consequences(user.plan(CHANGES))
    expected = {
        (POOL, "state"): "live",
        (POOL, "comment"): "live",
        (STILL, "memory"): "live",
        (STILL, "pool"): "live",
        (RUNNING, "description"): "live",
        (RUNNING, "memory"): "pending",
        (RUNNING, "cores"): "pending",
        (RUNNING, "nics.net0.model"): "replaces",
    }
    assert consequences == expected, consequences
    assert user.apply()["changed"]
    user.require_settled()


def _ask_for_a_template(user: User, golden: str) -> None:
    """What needs a stop is not done before there was one."""
    user.edit(lambda document: document["guests"][GOLDEN].update(state="template"))
    refused = user.plan(CONFLICT)[GOLDEN_PATH]
    assert "Stop it first" in refused["failure"]["hint"], refused
    assert _list_consequences({GOLDEN_PATH: refused}) == {(GOLDEN, "state"): "needs_stop"}, refused
    user.send("POST", f"{golden}/status/stop")
    assert user.apply()["changed"]
    user.require_settled()


def _make_of_template(user: User, vmids: Mapping[str, int]) -> None:
    """What is new is made of what is there, and set up."""
    made = {
        "vmid": vmids[MADE],
        "clone": {"name": GOLDEN, "full": True},
        "pool": POOL,
        "memory": 96,
        "tags": ["pv-test"],
        "disks": [{"slot": "scsi0", "size": 2}],
        "firewall": {"rules": [{"key": "ssh", "type": "in", "action": "ACCEPT", "macro": "SSH"}]},
    }
    user.edit(lambda document: document["guests"].update({MADE: made}))
    assert user.apply()["changed"]
    user.require_settled()


def _be_changed_by_somebody_else(user: User, guests: Mapping[str, str]) -> None:
    """The drift names each field, and who did it where a task tells; it is no longer one once it is accepted."""
    user.send("POST", f"{guests[RUNNING]}/config", description="theirs")
    user.send("PUT", f"{guests[STILL]}/config", memory=80)
    drifted = user.fleet("drift", status=CHANGES)
    expected = {(RUNNING, "description"): ("second", "theirs"), (STILL, "memory"): (96, 80)}
    assert _list_drift(drifted) == expected, drifted
    authors = {one["name"]: change["by"] for one in drifted["objects"] for change in one["changes"]}
    assert (authors[RUNNING]["source"], authors[STILL]["source"]) == ("task", "outside"), authors
    assert ":qmconfig:" in authors[RUNNING]["upid"], authors
    user.plan(CONFLICT)
    user.fleet("accept", "--yes")
    text = user.file.read_text(encoding="utf-8")
    assert "description: theirs" in text, text
    assert "memory: 80" in text, text
    user.require_settled()


def _go_back(user: User, guests: Mapping[str, str]) -> None:
    """A rollback brings back what an older revision declared, and leaves alone what it did not."""
    outcomes = {one["revision"]: one["outcome"] for one in user.fleet("history")}
    assert outcomes == dict.fromkeys(range(1, 6), "ok"), outcomes
    assert user.apply("rollback", "3")["changed"]
    running, still = (user.client.get(f"{guests[name]}/config") for name in (RUNNING, STILL))
    assert (running["description"], int(still["memory"])) == ("second", 96), (running, still)
    assert user.client.get(f"{guests[MADE]}/config")["name"] == MADE
    # The files are as they were, and are asked for again.
    assert user.apply()["changed"]
    user.require_settled()


def _give_up(user: User, vmids: Mapping[str, int]) -> None:
    """What is taken out of the files stays, until it is deleted with all that it has."""

    def take_out(document: dict[str, Any]) -> None:
        del document["guests"][MADE], document["guests"][GOLDEN]

    user.edit(take_out)
    user.require_settled()
    gone = {vmids[name] for name in (MADE, GOLDEN)}
    assert gone <= _list_machines(user), f"{gone} are not there any more"
    pruned = user.fleet("prune", "--confirm", f"guests.{MADE}", "--confirm", GOLDEN_PATH)
    consequences = {change["consequence"] for _key, change in _list_changes(pruned["objects"])}
    assert consequences == {"loses_data"}, pruned
    assert not gone & _list_machines(user), f"{gone} are still there"


def _list_machines(user: User) -> set[int]:
    # The cluster's list shows for some seconds what is no longer there.
    return {entry["vmid"] for entry in user.client.get(f"/nodes/{user.place.node}/qemu")}


def _read_all(user: User, paths: Mapping[str, str], option: str) -> dict[str, Any]:
    return {name: user.client.get(path).get(option) for name, path in paths.items()}


def _list_consequences(objects: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """By name of an object and field of it."""
    return {key: change["consequence"] for key, change in _list_changes(objects.values())}


def _list_drift(drifted: Mapping[str, Any]) -> dict[tuple[str, str], tuple[Any, Any]]:
    return {key: (change["before"], change["after"]) for key, change in _list_changes(drifted["objects"])}


def _list_changes(objects: Iterable[Mapping[str, Any]]) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    return [
        ((one["name"], change["path"].removeprefix(f"{one['path']}.")), change)
        for one in objects
        for change in one["changes"]
    ]
