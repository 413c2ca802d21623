"""Let ansible-test make its environments where only a Python package index can be reached.

ansible-test fetches a get-pip script from its own site, unless the script is in its cache already. This
puts one there that installs the same version of pip from the package index. Run it with the Python of the
ansible-core that is to be used; does nothing when the cache is filled.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

CACHE = Path.home() / ".ansible/test/cache"

SCRIPT = """\
import runpy
import sys

sys.path.insert(0, {wheel!r})
sys.argv[1:] = ["install", "--no-index", "--quiet", "--disable-pip-version-check", {wheel!r}]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def wanted_pip() -> str:
    """The version of pip that this ansible-test puts into its environments."""
    spec = find_spec("ansible_test")
    if spec is None or spec.origin is None:
        raise SystemExit("ansible-test is not installed for this Python.")
    source = Path(spec.origin).with_name("_internal") / "python_requirements.py"
    found = re.search(r"^\s+pip='([0-9.]+)',$", source.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{source} no longer says which pip it wants.")
    return found[1]


def main() -> None:
    version = wanted_pip()
    script = CACHE / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    wheels = CACHE / "pip"
    download = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*download, "--only-binary", ":all:", "--dest", wheels, f"pip=={version}"], check=True)
    script.write_text(SCRIPT.format(wheel=str(wheels / f"pip-{version}-py3-none-any.whl")), encoding="utf-8")


if __name__ == "__main__":
    main()
