"""The jobs. Each argument comes from the words of the job, or from what an answer said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from jobs.agent import Agent
from pve_simulator import Simulator
from pve_simulator.state.backup import BackupJobs
from pve_simulator.state.firewall import Firewall
from pve_simulator.state.ha import Ha

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKb0Fz1Qd3mJtq9h0m5o6d4lq5H2W9tq1m0Jm5m3x0aB ops@office"
WEB = {"web-11": "10.0.5.11", "web-12": "10.0.5.12", "web-13": "10.0.5.13"}
HTTP_ONLY = [{"key": "web", "type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "80,443"}]


async def make_web_servers(agent: Agent) -> None:
    """Make web-11, web-12 and web-13 of the Debian template, with 10.0.5.11 to 13/24, and only HTTP(S) let in."""
    listed = await agent.call("list_guests", guests={"templates": True})
    template = next(guest for guest in listed["guests"] if "debian" in guest["name"])
    network = {"ip": [f"{address}/24" for address in WEB.values()], "gw": "10.0.5.1"}
    login = {"user": "ops", "ssh_keys": [KEY], "ipconfig": [network]}
    await agent.call("clone_guest", vmid=template["vmid"], new_names=list(WEB), tags=["web"], cloudinit=login)
    new = {"names": list(WEB)}
    await agent.call("configure_guest", guests=new, nics=[{"slot": "net0", "firewall": True}])
    await agent.call(
        "set_firewall", level="guest", guests=new, options={"enable": True, "policy_in": "DROP"}, rules=HTTP_ONLY
    )
    await agent.call("start_guest", guests=new)


def check_web_servers(simulator: Simulator) -> None:
    for name, address in WEB.items():
        guest = find_guest(simulator, name)
        assert guest.running
        assert guest.config["tags"] == "web"
        assert guest.config["ipconfig0"] == f"ip={address}/24,gw=10.0.5.1"
        assert guest.config["ciuser"] == "ops"
        assert "ssh-ed25519" in guest.config["sshkeys"]
        assert "firewall=1" in guest.config["net0"]
        firewall = simulator.cluster.part(Firewall).guests[guest.vmid]
        assert (firewall.options["enable"], firewall.options["policy_in"]) == ("1", "DROP")
        assert [(rule["action"], rule["dport"]) for rule in firewall.rules] == [("ACCEPT", "80,443")]


async def free_full_storage(agent: Agent) -> None:
    """pve2 is full: find out why, and make room without deleting anything."""
    storages = [one for one in (await agent.call("cluster_overview"))["storage"] if one["node"] == "pve2"]
    full = max(storages, key=lambda one: one["used"] / one["total"])
    volumes = await agent.call("list_storage_content", storage=full["storage"], node="pve2", sort="size")
    orphans = [volume for volume in volumes["volumes"] if volume.get("orphan")]
    assert [volume["vmid"] for volume in orphans] == [777]
    largest = volumes["volumes"][0]
    owner = (await agent.call("get_guest", vmid=largest["vmid"]))["guests"][0]
    assert owner["status"] == "stopped"
    room = max((one for one in storages if "images" in one["content"]), key=lambda one: one["total"] - one["used"])
    await agent.call("migrate_guest", vmid=owner["vmid"], target="pve3", storage=room["storage"])


def check_full_storage(simulator: Simulator) -> None:
    thin = simulator.cluster.storages["local-lvm"]
    assert thin.used_on("pve2") < thin.total * 0.5
    assert find_guest(simulator, "wiki").config["scsi0"].startswith("shared:")
    assert "local-lvm:vm-777-disk-0" in thin.volumes_on("pve2")


async def protect_production(agent: Agent) -> None:
    """Back up what has the tag prod every night at 02:30, and show that db-01's backup can be restored."""
    prod = (await agent.call("list_guests", guests={"tags": ["prod"]}))["guests"]
    storages = (await agent.call("cluster_overview"))["storage"]
    place = next(one["storage"] for one in storages if "backup" in one["content"] and one["shared"])
    vmids = [guest["vmid"] for guest in prod]
    await agent.call("set_backup_job", id="nightly-prod", schedule="02:30", vmids=vmids, storage=place)
    database = next(guest for guest in prod if guest["name"] == "db-01")
    made = await agent.call("backup_guest", vmid=database["vmid"], storage=place)
    [volid] = made["guests"][0]["after"]["backups"]
    where = {"vmid": 903, "new_name": "db-01-test", "target_storage": place}
    apart = {"unique": True, "disconnect": True, "start": True}
    await agent.call("restore_guest", volid=volid, **where, **apart)
    copy = (await agent.call("get_guest", vmid=903))["guests"][0]
    assert copy["status"] == "running"
    await agent.call("stop_guest", vmid=903)


def check_production(simulator: Simulator) -> None:
    job = simulator.cluster.part(BackupJobs).jobs["nightly-prod"]
    assert (job["schedule"], job["vmid"], job["storage"]) == ("02:30", "101,102,103,104,120", "shared")
    copy = find_guest(simulator, "db-01-test")
    assert "link_down=1" in copy.config["net0"]
    assert "prod" not in copy.config.get("tags", "")
    assert not copy.running
    assert find_guest(simulator, "db-01").running


async def drain_and_return(agent: Agent) -> None:
    """Empty pve1 for maintenance, and bring back what was there."""
    await agent.call("drain_node", drain="pve1", restart=True)
    left = (await agent.call("list_guests", guests={"node": "pve1"}))["guests"]
    assert [guest["name"] for guest in left] == ["debian-13-template"]
    await agent.call("return_node", return_to="pve1")


def check_return(simulator: Simulator) -> None:
    for name in ("www-01", "www-02", "cache-01"):
        guest = find_guest(simulator, name)
        assert (guest.node, guest.running) == ("pve1", True)


async def undo_yesterday(agent: Agent) -> None:
    """Find out what has been changed since yesterday and by whom, and take it back."""
    runs = (await agent.call("list_runs", since="24h"))["runs"]
    tasks = (await agent.call("list_tasks", since="24h"))["tasks"]
    stopped = next(task for task in tasks if task["type"] == "qmstop")
    assert stopped["user"].startswith("bob@pve")
    for run in runs:
        if run["changed"]:
            await agent.call("undo_run", run_id=run["run_id"])
    await agent.call("start_guest", vmid=int(stopped["id"]))


def check_undone(simulator: Simulator) -> None:
    web = find_guest(simulator, "www-01")
    assert {**web.config, **web.pending}["memory"] == "4096"
    assert find_guest(simulator, "app-01").running


async def grow_database(agent: Agent) -> None:
    """db-01 needs 20 GB more disk, and 8 GB of memory."""
    guest = (await agent.call("get_guest", name="db-01"))["guests"][0]
    [disk] = [name for name, value in guest["config"].items() if "size=" in str(value)]
    grown = [{"slot": disk, "grow_by": "20G"}]
    done = await agent.call("resize_guest", vmid=guest["vmid"], memory=8192, disks=grown)
    if done["guests"][0].get("restart_required"):
        await agent.call("reboot_guest", vmid=guest["vmid"])


def check_database(simulator: Simulator) -> None:
    guest = find_guest(simulator, "db-01")
    assert guest.config["memory"] == "8192"
    assert "size=80G" in guest.config["scsi0"]
    assert guest.running


async def prune_old_snapshots(agent: Agent) -> None:
    """Delete the snapshots that are older than 30 days."""
    every = {"names": ["*"]}
    await agent.call("prune_snapshots", guests=every, retention={"names": "*", "max_age": "30d"})


def check_snapshots(simulator: Simulator) -> None:
    left = {guest.name: list(guest.snapshots) for guest in simulator.cluster.guests.values() if guest.snapshots}
    assert left == {"www-01": ["before-upgrade"]}


async def give_ci_a_token(agent: Agent) -> None:
    """CI needs a token that can start and stop the guests with the tag ci, and nothing else."""
    await agent.call("list_guests", guests={"tags": ["ci"]})
    token = {"token": "ci@pve!power", "secret_file": "~/.config/playvisor/secrets/ci-power"}
    powers = [{"user": "ci@pve", "power": "power"}, {"token": "ci@pve!power", "power": "power"}]
    users = [{"user": "ci@pve"}]
    await agent.call("grant_access", grants=powers, guests={"tags": ["ci"]}, users=users, tokens=[token])


def check_token(simulator: Simulator) -> None:
    access = simulator.cluster.access
    granted = {(entry.path, entry.ugid) for entry in access.acl if "ci@pve" in entry.ugid}
    assert granted == {(f"/vms/{vmid}", who) for vmid in (105, 106) for who in ("ci@pve", "ci@pve!power")}
    roles = {entry.role for entry in access.acl if "ci@pve" in entry.ugid}
    assert {privilege for role in roles for privilege in access.roles[role].privileges} == {"VM.Audit", "VM.PowerMgmt"}
    assert access.users["ci@pve"].tokens["power"].privsep


async def keep_apart(agent: Agent) -> None:
    """Put www-01 and www-02 under HA, and keep them on different nodes."""
    web = (await agent.call("list_guests", guests={"names": ["www-*"]}))["guests"]
    vmids = {"vmids": [guest["vmid"] for guest in web]}
    await agent.call("set_guest_ha", guests=vmids, request_state="started")
    await agent.call("set_ha_rule", rule="www-apart", guests=vmids, affinity="negative")
    listed = await agent.call("list_ha")
    assert listed["ha"]


def check_apart(simulator: Simulator) -> None:
    state = simulator.cluster.part(Ha)
    assert set(state.resources) == {"vm:101", "vm:102"}
    assert state.rules["www-apart"]["affinity"] == "negative"


async def explain_slowness(agent: Agent) -> None:
    """Find out why db-01 is slow."""
    prompt = await agent.client.get_prompt("slow_guest", {"guest": "db-01"})
    assert "guest_history" in prompt.messages[0].content.text
    guest = (await agent.call("get_guest", name="db-01"))["guests"][0]
    await agent.call("guest_history", vmid=guest["vmid"], history="day")
    await agent.call("list_nodes", node=guest["node"])
    storages = (await agent.call("cluster_overview"))["storage"]
    assert max(one["used"] / one["total"] for one in storages if one["node"] == guest["node"]) > 0.9
    assert guest["snapshots"]
    await agent.call("list_tasks", node=guest["node"], running=True)
    await agent.call("list_tasks", vmid=guest["vmid"], errors=True)
    await agent.call("list_runs", guest=str(guest["vmid"]))


def check_nothing_changed(simulator: Simulator) -> None:
    assert [method for method, _path, _status in simulator.requests if method != "GET"] == []


@dataclass(frozen=True)
class Job:
    """A job, the check that it is done, and the toolsets of the server; with none it is done with the default tools."""

    do: Callable[[Agent], Awaitable[None]]
    check: Callable[[Simulator], None]
    toolsets: str = ""

    @property
    def words(self) -> str:
        """What the agent is asked to do."""
        return " ".join((self.do.__doc__ or "").split())


JOBS = {
    "web servers": Job(make_web_servers, check_web_servers, "all"),
    "full storage": Job(free_full_storage, check_full_storage),
    "backups": Job(protect_production, check_production, "all"),
    "maintenance": Job(drain_and_return, check_return),
    "undo": Job(undo_yesterday, check_undone),
    "more room": Job(grow_database, check_database),
    "old snapshots": Job(prune_old_snapshots, check_snapshots),
    "token for CI": Job(give_ci_a_token, check_token, "all"),
    "high availability": Job(keep_apart, check_apart, "all"),
    "slowness": Job(explain_slowness, check_nothing_changed),
}


def find_guest(simulator: Simulator, name: str) -> Any:
    return next(guest for guest in simulator.cluster.guests.values() if guest.name == name)
