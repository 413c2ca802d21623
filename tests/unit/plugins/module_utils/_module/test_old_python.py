"""A Python that is too old is told by every module, in check mode, too, before anything is sent."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
from pathlib import Path

import ansible
import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.module import describe_old_python

PLUGINS = Path(__file__).resolve().parents[5] / "plugins"
FILES = [*sorted(PLUGINS.glob("modules/*.py")), *sorted(PLUGINS.glob("module_utils/**/*.py"))]
MODULES = sorted(path.stem for path in PLUGINS.glob("modules/pve_*.py"))
# In the way of AnsibleModule's own tests, the arguments stand where AnsiballZ puts them.
PROGRAM = """
import importlib, json, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[2])}).encode()
basic._ANSIBLE_PROFILE = "legacy"
for name in sys.argv[1].split():
    module = importlib.import_module("ansible_collections.playvisor.proxmox.plugins.modules." + name)
module.main()
"""


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ((3, 8), "needs Python 3.11, this is 3.8"),
        ((3, 9), "needs Python 3.11, this is 3.9"),
        ((3, 10), None),
        ((3, 11), None),
        ((3, 14), None),
    ],
)
def test_a_python_that_is_too_old_is_named_with_the_one_it_takes(version, said):
    problem = describe_old_python(version)

    assert (problem and problem.code) == (said and "unsupported")
    assert said is None or said in problem.message


def test_what_runs_on_a_target_can_be_read_by_old_pythons():
    for path in FILES:
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))


def find_python(version):
    """A Python of this version that this machine has beside ours; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    installed = [*sorted(pyenv.glob(f"versions/{version}.*/bin/python")), shutil.which(f"python{version}")]
    # A shim of pyenv is there for every version, and does not start.
    return next((str(path) for path in installed if path and _starts(path)), None)


def _starts(path):
    return subprocess.run([path, "-c", ""], env={}, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("version", ["3.8", "3.9"])
def test_every_module_says_so_in_check_mode_too(version, tmp_path, collections_path):
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version}")
    (tmp_path / "ansible").symlink_to(Path(ansible.__file__).parent)
    arguments = {"name": "legacy", "cores": 3, "_ansible_check_mode": True}

    # All of them are imported, and the last one is run.
    names = [*(name for name in MODULES if name != "pve_guest"), "pve_guest"]
    run = subprocess.run(
        [python, "-B", "-c", PROGRAM, " ".join(names), json.dumps(arguments)],
        env={"PYTHONPATH": f"{tmp_path}:{collections_path}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout, run.stderr
    failure = json.loads(run.stdout.splitlines()[-1])["failure"]
    assert failure["code"] == "unsupported"
    assert f"needs Python 3.11, this is {version}" in failure["message"]
