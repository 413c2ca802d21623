"""Every request that a module can plan is in the table of effects."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mcp_bridge.policy.effects import find_row

ROOT = Path(__file__).parents[4]
PLUGINS = ROOT / "plugins"

# What expressions in the paths of steps stand for.
VALUES = {
    "guest.path": "/nodes/pve1/qemu/101",
    "self._guest.path": "/nodes/pve1/qemu/101",
    "observed.guest.path": "/nodes/pve1/qemu/101",
    "source.path": "/nodes/pve1/qemu/101",
    "tree.guest.path": "/nodes/pve1/qemu/101",
    "observed.path": "/nodes/pve1/qemu/101",
    "file.path": "/nodes/pve1/storage/local",
    "backup.path": "/nodes/pve1/storage/nas/content/nas%3Abackup%2Fa.vma",
    "observed.upid.path": "/nodes/pve1/tasks/UPID%3Apve1",
    "guest.type": "lxc",
    "observed.type": "lxc",
    "observed.guest.type": "qemu",
    "file.volid": "local:iso/a.iso",
    "RESOURCES": "/cluster/ha/resources",
    "RULES": "/cluster/ha/rules",
    "PATH": "/cluster/backup",
}
POWER_ACTIONS = ("start", "shutdown", "stop", "reboot", "reset", "suspend", "resume")
FIREWALLS = ("/cluster/firewall", "/nodes/pve1/firewall", "/nodes/pve1/qemu/101/firewall")
LISTS = ("aliases", "ipset", "ipset/admins", "groups", "groups/web", "rules")

# The requests of places in the code that compute their method or path, by file and expressions.
COMPUTED = {
    ("_access/plan.py", "'DELETE'", "path"): [
        ("DELETE", f"/access/{kind}") for kind in ("roles/A", "groups/a", "users/a%40pve", "users/a%40pve/token/ci")
    ],
    ("_access/plan.py", "'PUT'", "path"): [
        ("PUT", f"/access/{kind}") for kind in ("roles/A", "groups/a", "users/a%40pve", "users/a%40pve/token/ci")
    ],
    ("_access/plan.py", "'POST'", "path"): [("POST", "/access/users/a%40pve/token/ci")],
    ("_access/plan.py", "'POST'", "path.rpartition('/')[0]"): [
        ("POST", f"/access/{kind}") for kind in ("roles", "groups", "users")
    ],
    ("_access/plan.py", "'PUT'", "entry_path('token', desired.id)"): [("PUT", "/access/users/a%40pve/token/ci")],
    # _build_step of this file is looked at where it is called.
    ("_cluster/ha.py", "method", "path"): [],
    ("_cluster/ha.py", "'PUT'", "path"): [
        ("PUT", "/cluster/ha/resources/vm%3A101"),
        ("PUT", "/cluster/ha/rules/apart"),
    ],
    ("_cluster/ha.py", "'DELETE'", "path"): [("DELETE", "/cluster/ha/rules/apart")],
    # Draft.create and Draft.write are looked at where they are called.
    ("_firewall/lists.py", "'POST'", "self.path(name)"): [],
    ("_firewall/lists.py", "method", "path"): [],
    ("_firewall/named_lists.py", "'PUT'", "path"): [("PUT", f"{place}/aliases/lan") for place in FIREWALLS],
    ("_firewall/named_lists.py", "'DELETE'", "path"): [
        *(("DELETE", f"{place}/ipset/admins") for place in FIREWALLS),
        *(("DELETE", f"{place}/ipset/admins/192.0.2.0%2F24") for place in FIREWALLS),
        ("DELETE", "/cluster/firewall/groups/web"),
    ],
    ("_firewall/named_lists.py", "'DELETE'", "f'{path}/{position}'"): [("DELETE", "/cluster/firewall/groups/web/0")],
    ("_firewall/named_lists.py", "'PUT'", "f'{draft.path(listing)}/{segment(cidr)}'"): [
        ("PUT", f"{place}/ipset/admins/192.0.2.0%2F24") for place in FIREWALLS
    ],
    ("_fleet/health.py", "'POST'", "path"): [("POST", "/nodes/pve1/qemu/101/agent/exec")],
    ("_guest/disk_plan.py", "'POST'", "f'{guest.path}/{action}'"): [
        ("POST", "/nodes/pve1/qemu/101/move_disk"),
        ("POST", "/nodes/pve1/lxc/101/move_volume"),
    ],
    ("_guest/plan.py", "method", "f'{observed.guest.path}/config'"): [
        ("PUT", "/nodes/pve1/lxc/101/config"),
        ("POST", "/nodes/pve1/qemu/101/config"),
    ],
    ("pve_backup.py", "'DELETE'", "path"): [("DELETE", "/nodes/pve1/storage/nas/prunebackups")],
    ("_resources/backup_job.py", "'DELETE'", "path"): [("DELETE", "/cluster/backup/nightly")],
    ("_resources/backup_job.py", "'PUT'", "path"): [("PUT", "/cluster/backup/nightly")],
    ("_resources/guest_state.py", "'POST'", "f'{observed.guest.path}/status/{action}'"): [
        ("POST", f"/nodes/pve1/{kind}/101/status/{action}") for kind in ("qemu", "lxc") for action in POWER_ACTIONS
    ],
    ("pve_console.py", "'POST'", "path"): [
        ("POST", f"/nodes/pve1/{place}proxy") for place in ("qemu/101/vnc", "qemu/101/term", "lxc/101/term", "term")
    ],
    ("pve_snapshot.py", "'PUT'", "path"): [("PUT", "/nodes/pve1/qemu/101/snapshot/a/config")],
}


def find_calls():
    """The calls in the collection that build steps: file, line, and the expressions of method and path."""
    for file in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from read_call(file.relative_to(PLUGINS), node)


def read_call(file, call):
    name = ast.unparse(call.func)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if name == "draft.create":
        yield str(file), call.lineno, "'POST'", "draft.path(name)"
    elif name == "draft.write":
        yield str(file), call.lineno, *map(ast.unparse, call.args[1:3])
    elif name in ("Step", "DriveStep", "Write") or (name == "_build_step" and file.name == "ha.py"):
        method = call.args[0] if call.args else given["method"]
        path = call.args[1] if len(call.args) > 1 else given["path"]
        yield str(file), call.lineno, ast.unparse(method), ast.unparse(path)


def list_requests(file, method, path):
    """The requests that such a call stands for; None where this test does not know."""
    key = next((key for key in COMPUTED if file.endswith(key[0]) and key[1:] == (method, path)), None)
    if key:
        return COMPUTED[key]
    if not re.fullmatch(r"'[A-Z]+'", method):
        return None
    if "draft.path(" in path:
        tail = "/0" if path.endswith("{position}'") else "/lan" if path.endswith('{segment(name)}"') else ""
        options = re.search(r"draft\.path\(['\"](\w+)['\"]\)", path)
        lists = [options[1]] if options else list_draft_names(method.strip("'"), tail)
        return [
            (method.strip("'"), f"{place}/{name}{tail}")
            for place in FIREWALLS
            for name in lists
            if place == FIREWALLS[0] or not name.startswith("groups")
        ]
    text = evaluate(path)
    return None if text is None else [(method.strip("'"), text)]


def list_draft_names(method, tail):
    if tail:
        return ["rules", "groups/web"]
    return LISTS if method == "POST" else ["options"]


def evaluate(path):
    node = ast.parse(path, mode="eval").body
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [evaluate_part(part) for part in parts]
    return None if None in texts else "".join(texts)


def evaluate_part(node):
    if isinstance(node, ast.FormattedValue):
        node = node.value
    if isinstance(node, ast.Constant):
        return str(node.value)
    text = ast.unparse(node)
    return "x" if re.fullmatch(r"segment\(.*\)", text) else VALUES.get(text)


CALLS = list(find_calls())


def test_the_calls_that_build_steps_are_found():
    assert len(CALLS) > 70
    assert {file.rpartition("/")[2] for file, *_rest in CALLS} >= {"pve_migrate.py", "plan.py", "ha.py", "rules.py"}


@pytest.mark.parametrize(
    ("file", "line", "method", "path"), CALLS, ids=[f"{file.rpartition('/')[2]}:{line}" for file, line, *_rest in CALLS]
)
def test_each_request_that_a_module_plans_has_a_row(file, line, method, path):
    requests = list_requests(file, method, path)

    assert requests is not None, f"{file}:{line} plans {method} {path}: say above which requests that are"
    for verb, concrete in requests:
        assert find_row({"method": verb, "path": concrete}), f"{file}:{line}: {verb} {concrete} is not in the table"


def test_what_this_test_says_of_the_code_is_still_there():
    calls = {(file, method, path) for file, _line, method, path in CALLS}

    for name, method, path in COMPUTED:
        found = [file for file, *expressions in calls if file.endswith(name) and expressions == [method, path]]
        assert found, f"{name} plans no {method} {path} any more"
