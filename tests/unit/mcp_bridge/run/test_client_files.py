"""A client can't find out which files there are by naming them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcp_bridge import catalogue
from mcp_bridge.auth.caller import make_local_client, make_person
from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.run.client_files import _FILE_OPTIONS, FOLDER
from mcp_bridge.run.request import Request, find_refusal

TOOL = catalogue.load()["create_token"]


def refuse(path, caller):
    tokens = [{"token": "ops@pve!a", "secret_file": path}]
    return find_refusal(Request("create_token", {"tokens": tokens}, "apply", caller), TOOL)


@pytest.mark.parametrize("home", [FOLDER, str(Path(FOLDER).expanduser())])
def test_a_client_names_a_file_in_the_folder_for_secrets(home):
    assert refuse(f"{home}/ops-deploy.secret", make_local_client("ai")) is None


def test_the_answer_is_the_same_whether_a_file_or_folder_exists(tmp_path):
    (tmp_path / "there").write_text("something")
    (tmp_path / "secret").write_text("6b1f4ba7-2d4f-4b6e-9e51-0c6f4b1c9d3a")
    answers = {
        refuse(path, make_local_client("ai")).model_dump_json()
        for path in (
            *(str(tmp_path / "there"), str(tmp_path / "secret"), str(tmp_path / "not"), str(tmp_path / "no" / "no")),
            *("/etc/shadow", "/root/.ssh/id_rsa", "~/.bashrc", "relative", f"{FOLDER}/../profiles.toml", f"{FOLDER}/"),
            *(f"{FOLDER}/.hidden", f"{FOLDER}/a/b", f"{FOLDER}//a", f"{FOLDER}/$HOME", f"{FOLDER}s/a"),
        )
    }

    assert len(answers) == 1
    assert "is not a file in" in answers.pop()


@pytest.mark.parametrize(
    "tokens",
    [
        [{"token": "ops@pve!a", "secret_file": "/etc/shadow"}],
        {"token": "ops@pve!a", "secret_file": "/etc/shadow"},
        ["token=ops@pve!a secret_file=/etc/shadow"],
        "token=ops@pve!a secret_file=/etc/shadow",
        [{"token": "ops@pve!a", "secret_file": ["/etc/shadow"]}],
    ],
    ids=["a list", "a mapping", "texts", "a text", "a list of files"],
)
def test_a_fleet_names_no_other_file_either(tokens):
    def refuse_fleet(access, caller):
        arguments = {"fleet": {"fleet": "shop", "access": access}}
        return find_refusal(Request("plan_fleet", arguments, "apply", caller), catalogue.load()["plan_fleet"])

    refused = refuse_fleet({"tokens": tokens}, make_local_client("ai"))

    assert "fleet.access.tokens[0].secret_file is not a file in" in refused.message
    assert refuse_fleet({"tokens": tokens}, make_person("playvisor")) is None
    own = [{"token": "ops@pve!a", "secret_file": f"{FOLDER}/ops.secret"}]
    assert refuse_fleet({"tokens": own}, make_local_client("ai")) is None
    assert refuse_fleet({"users": [{"user": "a@pve"}]}, make_local_client("ai")) is None
    assert refuse_fleet(None, make_local_client("ai")) is None


def test_a_person_may_name_any_file(tmp_path):
    assert refuse(str(tmp_path / "secret"), make_person("playvisor")) is None
    assert (
        refuse(str(tmp_path / "secret"), replace(make_local_client("ai"), roles=("person",))).code
        == "invalid_parameter"
    )


def test_every_option_that_names_a_file_of_this_machine_is_confined():
    found = set()
    for tool in catalogue.list_offered():
        for name, option in read_module_docs(tool.module).options.items():
            for inner, suboption in (option.get("suboptions") or {}).items():
                if suboption.get("type") == "path" and inner in tool.suboptions.get(name, ()):
                    found.add((tool.name, (name, inner)))
            if option.get("type") == "path" and name in tool.options:
                found.add((tool.name, (name,)))

    confined = {(tool, (*place[-1:], option)) for tool, (place, option) in _FILE_OPTIONS.items()}
    # What a fleet's access consists of stands in the document of the module for that.
    assert found | {("plan_fleet", ("tokens", "secret_file"))} == confined
