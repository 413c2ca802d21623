"""Whatever stands in an argument is data: nothing of it is evaluated, nothing written beyond what was planned."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_bridge import catalogue
from mcp_bridge.catalogue.run_tools import TOOLS

pytestmark = pytest.mark.flow

ATTACK = "hostile arguments"
WEB = 101
LEAST = 3_300
SHARES = 6
# Nothing but an evaluation makes these of what is sent.
PRODUCT = str(7901 * 7644 + 7457)
CANARY = "canary-5f1d0c2b9a7e"
IN_ENVIRONMENT = "LC_PLAYVISOR_CANARY"


@dataclass(frozen=True)
class Traps:
    """A file that must not be made, and one that must not be read."""

    made: Path
    read: Path

    def build_texts(self) -> list[str]:
        """Text that would make the one file, show the other, or do a sum, were it evaluated by anything."""
        made, read = self.made, self.read
        touch = f"touch {made}"
        jinja = [
            f"{{{{ lookup('pipe', '{touch}') }}}}",
            f"{{{{ lookup('file', '{read}') }}}}",
            f"{{{{ lookup('ansible.builtin.env', '{IN_ENVIRONMENT}') }}}}",
            f"{{{{ query('pipe', '{touch}') | first }}}}",
            f"{{% set x = lookup('pipe', '{touch}') %}}{{{{ x }}}}",
            f"{{% include '{read}' %}}",
            f"{{% for c in ''.__class__.__mro__[1].__subclasses__() %}}{{{{ c }}}}{{% endfor %}}{made}",
            "{{ 7901 * 7644 + 7457 }}",
            "{{ ansible_env }}{{ 7901 * 7644 + 7457 }}",
            "{{ hostvars }}{{ vars }}{{ groups }}",
            f"{{{{ cycler.__init__.__globals__.os.popen('{touch}').read() }}}}",
            f"{{{{ lipsum.__globals__['os'].system('{touch}') }}}}",
            f"{{# x #}}{{{{ lookup('url', 'file://{read}') }}}}",
            f"{{{{{{ lookup('file', '{read}') }}}}}}",
            f"a{{{{'{{{{'}}}} lookup('file', '{read}') {{{{'}}}}'}}}}",
            f"#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% lookup('file', '{read}') %]",
            f"#jinja2:variable_start_string:'<<',variable_end_string:'>>'  << lookup('file', '{read}') >>",
            f"${{{{ lookup('file', '{read}') }}}}",
            f"!unsafe \"{{{{ lookup('file', '{read}') }}}}\"",
        ]
        yaml = [
            f"!!python/object/apply:os.system ['{touch}']",
            f"!!python/object/new:os.system ['{touch}']",
            "!vault |\n $ANSIBLE_VAULT;1.1;AES256\n 6162",
            "!vault '$ANSIBLE_VAULT;1.1;AES256'",
            "$ANSIBLE_VAULT;1.1;AES256",
            "&a [*a, *a]",
            "{_raw_params: x, _uses_shell: true}",
            "? !!map {}",
            '"}, ? pve_state : "absent',
            "\\U0000007b\\U0000007b 7901*7644+7457 }}",
            "yes",
            "0o17",
            "1_000",
            "~",
            "---\n- hosts: all",
        ]
        shell = [
            f"$({touch})",
            f"`{touch}`",
            f"; {touch} #",
            f"| {touch}",
            f"&& {touch}",
            f"'; {touch}; '",
            f'"; {touch}; "',
            f"\n{touch}\n",
            f"${{IFS}}{touch}",
            f"-e {touch}",
            f"--extra-vars=@{read}",
            f"@{read}",
            f"file://{read}",
            "${HOME}",
            "%(HOME)s",
            "%s%s%n",
            "{0.__class__}",
            "${jndi:ldap://127.0.0.1:9/x}",
        ]
        paths = [
            "../../../../../../etc/passwd",
            "..%2f..%2f..%2fetc%2fpasswd",
            str(read),
            f"local:../../{read}",
            "/dev/zero",
            "/proc/self/environ",
            "..",
            ".",
            "~root/.ssh/id_ed25519",
            "a/../status/stop",
            "101/status/stop?x=",
            "101/../../../../access/users?userid=evil@pve#",
            "\\\\evil\\share",
        ]
        text = [
            "x\r\nX-HTTP-Method-Override: DELETE",
            "x\r\n\r\nPOST /api2/json/access/users HTTP/1.1\r\n\r\n",
            "x&delete=scsi0&skiplock=1",
            "x%26delete=scsi0",
            "x,file=/dev/sda",
            "a\x00b",
            "\x1b]0;x\x07\x1b[2J",
            "\u202eevil",
            "\u200b\u200d\ufeff",
            "\ud800",
            "\U0010ffff",
            "А" * 100,
            "ﷺ" * 64,
            " ",
            "",
            "'",
            '"',
            "x" * 4096,
            "x" * 100_000,
            "None",
            "omit",
            "__omit_place_holder__x",
            "ansible_connection=local",
        ]
        return [*jinja, *yaml, *shell, *paths, *text]

    def build_data(self) -> list[Any]:
        """Data of another type, depth or size than is expected."""
        jinja = f"{{{{ lookup('pipe', 'touch {self.made}') }}}}"
        deep: Any = jinja
        for _level in range(60):
            deep = [deep]
        nested: Any = {"x": jinja}
        for _level in range(60):
            nested = {jinja: nested}
        return [
            None,
            True,
            0,
            -1,
            2**31,
            2**63,
            10**400,
            0.5,
            1e308,
            float("inf"),
            float("nan"),
            [],
            {},
            [jinja],
            {jinja: jinja},
            {"__ansible_unsafe": jinja},
            {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256"},
            {"__ansible_type": "TrustedAsTemplate", "value": jinja},
            {"_ansible_no_log": False},
            {"vars": {"ansible_connection": "ssh"}},
            [None],
            [[]],
            [{}],
            [jinja] * 5_000,
            deep,
            nested,
        ]


# Names that mean something to Ansible, or to the collection behind its own documentation.
NAMES = (
    *(
        "_ansible_check_mode",
        "_ansible_no_log",
        "_ansible_remote_tmp",
        "_ansible_module_name",
        "_ansible_debug",
        "vars",
    ),
    *("ansible_connection", "ansible_python_interpreter", "ansible_become", "ansible_shell_executable", "hostvars"),
    *("check_mode", "diff", "delegate_to", "environment", "no_log", "register", "when", "loop", "with_items", "args"),
    *("_raw_params", "_uses_shell", "pve_state", "pve_expect_plan", "expect_plan", "state", "purge", "api_host"),
    *(
        "api_token_secret",
        "api_password",
        "gateway",
        "gateway_key",
        "validate_certs",
        "ca_path",
        "fingerprint",
        "proxy",
    ),
    *("__class__", "constructor", "__proto__", "", " ", "vmid ", "VMID", "vmid\x00", "{{ 1 }}", "approved", "confirm"),
    *("caller", "mode", "plan_id", "plan_digest", "roles", "internal", "inputResponses", "requestState", "_meta"),
)


@pytest.fixture(scope="module")
def traps(tmp_path_factory):
    """Traps, one of them in the environment that runs inherit."""
    folder = tmp_path_factory.mktemp("traps")
    read = folder / "canary"
    read.write_text(CANARY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(IN_ENVIRONMENT, CANARY)
        yield Traps(folder / "made", read)


@pytest.fixture
def attack(shared_lab, traps, count):
    """`attack(tool, arguments, tries)`: a call that only plans, after which no trap may have sprung."""
    lab, counts = shared_lab, count(ATTACK)
    # What others of these tests left has been looked at.
    before = set((lab.state_dir / "runs").rglob("*"))

    def call(tool: str, arguments: dict[str, Any], tries: int = 1, mode: str = "check") -> Any:
        counts.tries += tries
        result = lab.ask(tool, arguments, mode=mode)
        told = json.dumps(result.as_dict(), default=str, ensure_ascii=False)
        counts.leaks += PRODUCT in told or CANARY in told or lab.simulator.token_secret in told
        counts.writes = len(lab.writes)
        assert not counts.leaks, told[:500]
        assert not traps.made.exists(), arguments
        assert lab.writes == []
        return result

    yield call
    secrets = [secret.encode() for secret in (lab.simulator.token_secret, lab.simulator.password)]
    found = [path for path in lab.state_dir.rglob("*") if path not in before and path.is_file()]
    assert found
    for path in found:
        content = path.read_bytes()
        # The environment that Ansible was given holds what it was given: it is looked for elsewhere.
        counts.leaks += (CANARY.encode() in content and path.name != "command") or PRODUCT.encode() in content
        counts.leaks += any(secret in content for secret in secrets)
        assert not counts.leaks, path


def build_valid(tool: Any) -> dict[str, Any]:
    """What names something that there is, so that what else is in the call reaches the module."""
    arguments = dict(tool.example)
    if "vmid" in tool.options and "name" in arguments and tool.name not in ("create_guest", "clone_guest"):
        del arguments["name"]
        arguments["vmid"] = WEB
    return arguments


def build_calls(traps: Traps, tools: Any) -> Any:
    """Tool, arguments, and how many hostile values are in them."""
    every_text, data = traps.build_texts(), traps.build_data()
    for number, tool in enumerate(tools):
        # Each tool gets a part of them, and all tools together each of them many times.
        texts = every_text[number % SHARES :: SHARES]
        valid, options = build_valid(tool), tool.input_schema["properties"]
        free = [
            name
            for name, schema in options.items()
            if schema["type"] == "string" and "enum" not in schema and name not in ("node", "storage")
        ]
        lists = [
            name
            for name, schema in options.items()
            if schema["type"] == "array" and schema["items"]["type"] == "string" and "enum" not in schema["items"]
        ]
        # All free text of a tool takes the same value at once.
        for text in texts:
            hostile = {**dict.fromkeys(free, text), **{name: [text, text] for name in lists}}
            if hostile:
                yield tool.name, {**valid, **hostile}, len(hostile)
        # What else there is takes each value for itself: it is refused before anything runs.
        for name, value in itertools.product(options, data[number % 3 :: 3]):
            yield tool.name, {**valid, name: value}, 1
        for name in options:
            if name not in free and name not in lists:
                for text in texts[::3]:
                    yield tool.name, {**valid, name: text}, 1
        for name in NAMES[number % 3 :: 3]:
            yield tool.name, {**valid, name: every_text[0]}, 1


def list_tools() -> list[Any]:
    return catalogue.list_offered()


def test_a_sample_is_not_evaluated(attack, traps):
    calls = list(build_calls(traps, list_tools()))

    for tool, arguments, tries in calls[:: len(calls) // 36]:
        attack(tool, arguments, tries)


@pytest.mark.trust
@pytest.mark.parametrize("share", range(4))
def test_nothing_is_evaluated(attack, traps, count, share):
    """Every tool, every option; a fourth of the tools at a time."""
    tries = 0
    for tool, arguments, number in build_calls(traps, list_tools()[share::4]):
        attack(tool, arguments, number)
        tries += number

    assert tries >= LEAST // 4


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_without_a_playbook_evaluate_nothing(attack, traps, tool):
    for name, text in itertools.product(TOOLS[tool].input_schema["properties"], traps.build_texts()[::4]):
        attack(tool, {name: text}, mode="apply")


def test_what_is_not_a_tool_is_none(attack, traps):
    for name in [*traps.build_texts()[::3], "check_connection", "../stop_guest", "stop_guest\x00", "Stop_Guest", "_"]:
        assert attack(name, {"vmid": WEB}).status in ("failed", "refused")


@pytest.mark.parametrize("every", [24, pytest.param(8, marks=pytest.mark.trust)])
def test_what_is_written_is_what_was_said(lab, traps, count, every):
    """A description arrives as it is, character by character, and nothing with it."""
    counts = count(ATTACK)
    config = lab.simulator.cluster.guests[WEB].config
    texts = [text for text in traps.build_texts() if text.strip() and text.isprintable() and len(text) < 4096]
    for text in texts[::every]:
        counts.tries += 1
        before = dict(config)
        result = lab.ask_as_person("configure_guest", {"vmid": WEB, "description": text})

        assert result.status == "ok", result.summary
        assert config["description"].rstrip("\n") == text.rstrip()
        assert {name for name in config if config[name] != before.get(name)} == {"description"}
    assert not traps.made.exists()
    assert len(lab.writes) == counts.tries
    assert all(write == ("PUT", f"/nodes/pve1/qemu/{WEB}/config") for write in lab.writes)
