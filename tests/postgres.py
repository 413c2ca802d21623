"""A PostgreSQL server of the tests' own, from whatever installation the machine has."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path

_OWNERS = ("postgres", "nobody")
# No port is opened: the socket's name holds this number, and the socket is in a directory of its own.
_PORT = 5432


def programs() -> Path | None:
    """Where PostgreSQL's programs are; Debian keeps those of the server out of PATH."""
    found = shutil.which("initdb")
    places = [str(Path(found).resolve())] if found else sorted(glob("/usr/lib/postgresql/*/bin/initdb"))
    return Path(places[-1]).parent if places else None


@contextmanager
def server(bin_dir: Path) -> Iterator[str]:
    """Run a server on a unix socket in a temporary directory; yields the URL of its database."""
    # PostgreSQL refuses to run as root.
    owner = next((pwd.getpwnam(name) for name in _OWNERS if _known(name)), None) if os.geteuid() == 0 else None
    # Not below pytest's own directories, which only root may enter, and whose names are too long for a socket.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as place:
        if owner:
            os.chown(place, owner.pw_uid, owner.pw_gid)

        def run(program: str, *arguments: str) -> None:
            command = [str(bin_dir / program), "--pgdata", f"{place}/data", *arguments]
            as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
            done = subprocess.run(
                command, capture_output=program == "initdb", cwd=place, env=_ENVIRONMENT, check=False, **as_owner
            )
            assert done.returncode == 0, done.stderr

        # A collation that does not sort by bytes, as most installations have one.
        run("initdb", "--username", "test", "--auth", "trust", "--no-sync", *_LOCALE)
        fast = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        options = f"{fast} -c listen_addresses= -c unix_socket_directories={place} -p {_PORT}"
        # Its output must not be a pipe, or the server keeps that open.
        run("pg_ctl", "--silent", "--wait", "--log", f"{place}/log", "--options", options, "start")
        try:
            yield f"postgresql://test@/postgres?host={place}&port={_PORT}"
        finally:
            run("pg_ctl", "--silent", "--wait", "--mode", "immediate", "stop")


_ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
_LOCALE = ("--encoding", "UTF8", "--locale-provider", "icu", "--icu-locale", "en-US")


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
