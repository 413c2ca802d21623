"""The bytecode of collections is kept, and a file that has changed is compiled anew."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
from mcp_bridge.executor.forkserver import bytecode
bytecode.keep_bytecode()
_AnsibleCollectionFinder(paths=[sys.argv[1]])._install()
from ansible_collections.some.thing.plugins.module_utils import greeting
print(greeting.TEXT, greeting.__file__)
"""


def test_a_module_of_a_collection_is_compiled_once_for_what_it_is(tmp_path):
    folder = tmp_path / "ansible_collections/some/thing/plugins/module_utils"
    folder.mkdir(parents=True)
    source = folder / "greeting.py"

    said = []
    for text in ("hello", "hello", "goodbye"):
        source.write_text(f"TEXT = {text!r}")
        os.utime(source, (1, 1))
        run = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
        said.append(done.stdout.split())

    assert said == [["hello", str(source)], ["hello", str(source)], ["goodbye", str(source)]]
    [kept] = (folder / "__pycache__").iterdir()
    assert kept.name.startswith("greeting.")
