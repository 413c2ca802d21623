"""A fork takes on the settings of another environment than the one that Ansible was imported in."""

from __future__ import annotations

import json
import os
import subprocess
import sys

# In a process of its own: the settings are those of the whole process.
RENEWED = """
import json, os, sys
former = dict(os.environb)
from ansible import constants
from mcp_bridge.executor.forkserver import ansible_settings
os.environ.update(json.loads(sys.argv[1]))
changed = ansible_settings.refresh(former, os.environb)
print(json.dumps({name: getattr(constants, name) for name in sorted(changed)}))
"""


def renewed(tmp_path, **environment):
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    command = [sys.executable, "-c", RENEWED, json.dumps(environment)]
    done = subprocess.run(command, env={**own, "HOME": str(tmp_path)}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_only_settings_that_depend_on_what_has_changed_are_read_anew(tmp_path):
    assert renewed(tmp_path, ANSIBLE_FORKS="7", PATH="/bin") == {"DEFAULT_FORKS": 7}


def test_a_setting_may_depend_on_another_one(tmp_path):
    found = renewed(tmp_path, ANSIBLE_HOME=str(tmp_path / "home"))

    assert found["ANSIBLE_HOME"] == str(tmp_path / "home")
    assert found["DEFAULT_ROLES_PATH"][0] == str(tmp_path / "home/roles")


def test_all_settings_may_depend_on_the_settings_file(tmp_path):
    file = tmp_path / "ansible.cfg"
    file.write_text("[defaults]\nforks = 9\n")

    found = renewed(tmp_path, ANSIBLE_CONFIG=str(file))

    assert found["DEFAULT_FORKS"] == 9
    assert len(found) > 100
