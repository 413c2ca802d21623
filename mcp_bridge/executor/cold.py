# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain ansible-runner: a new ansible-playbook process for every run."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mcp_bridge.executor import (
    PlaybookOutcome,
    PlaybookRun,
    Progress,
    extra_vars,
    runner_events,
    started_tasks,
    task_log,
    written_result,
)
from mcp_bridge.executor.environment import RUNNERS_OWN, TEMPORARY, playbook_env
from mcp_bridge.system import processes

_OUTPUT_LINES = 20
# How long a cancelled run may go on, at most, in seconds: ansible-runner asks that often.
_POLL_SECONDS = 0.5
_IMPORTING = threading.Lock()


class ColdExecutor:
    """Runs playbooks with ansible-runner. `connection` are the PROXMOX_* variables of the cluster, none secret."""

    def __init__(self, connection: Mapping[str, str]) -> None:
        self._connection = connection

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run one playbook in a fresh private data dir; its artifacts stay there."""
        _prepare(run)
        watch = _Watch(run, progress, cancel)
        runner = self._runner(run, watch)
        try:
            runner.run()
        except BaseException:
            # What nobody follows any more, since the disk is full for example, must not go on.
            processes.kill_run(run.folder)
            raise
        finally:
            shutil.rmtree(run.folder / TEMPORARY, ignore_errors=True)
        if not watch.finished:
            # A fork server may have been killed, and what it ran may go on without anybody who waits for it.
            processes.kill_run(run.folder)
        output = _last_lines(Path(runner.config.artifact_dir, "stdout"))
        result = written_result(run.folder, run.action) or watch.result
        return PlaybookOutcome(watch.ending, result, output, started_tasks(run.folder))

    def close(self) -> None:
        """Nothing of it runs on."""

    def _runner(self, run: PlaybookRun, watch: _Watch) -> Any:
        ansible_runner = _ansible_runner()
        config = ansible_runner.RunnerConfig(
            private_data_dir=str(run.folder),
            ident=str(uuid.uuid4()),
            playbook=str(run.playbook),
            inventory=str(run.folder / "inventory" / "hosts.json"),
            cmdline="--check --diff" if run.check else "--diff",
            quiet=True,
        )
        config.prepare()
        # Its own is a copy of this process's whole environment, and is written into the artifacts.
        config.env = {
            **{name: value for name, value in config.env.items() if name in RUNNERS_OWN},
            **self._environment(run),
        }
        return ansible_runner.Runner(config=config, event_handler=watch.on_event, cancel_callback=watch.must_stop)

    def _environment(self, run: PlaybookRun) -> dict[str, str]:
        """What a run's playbook gets, apart from what ansible-runner tells its own plugin."""
        own = {**self._connection, **run.environment}
        callbacks = _ansible_runner().utils.get_callback_dir()
        return {**playbook_env(os.environ, own, run.folder), "ANSIBLE_CALLBACK_PLUGINS": callbacks}


def _ansible_runner() -> Any:
    """The package, which takes time to import; and two threads that do it at once get a half-made one."""
    with _IMPORTING:
        import_module("mcp_bridge.executor.terminal").apply()
        return import_module("ansible_runner")


class _Watch:
    """Follows one run's events, and stops it when it has to end."""

    def __init__(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> None:
        self._run = run
        self._progress = progress
        self._cancel = cancel
        self._deadline = time.monotonic() + run.timeout
        self._logged = 0
        # As far as events hold it: of large results they do not.
        self.result: dict[str, Any] | None = None
        self.finished = False
        self.ending: Any = "ended"

    def on_event(self, event: dict[str, Any]) -> bool:
        """Take what an event says; true: keep it in the artifacts."""
        line = runner_events.progress_line(event)
        if line:
            self._progress(line)
        self.result = runner_events.module_result(event, self._run.action) or self.result
        self.finished = self.finished or event.get("event") == "playbook_on_stats"
        return True

    def must_stop(self) -> bool:
        """Whether the run has to end before its time; if so, all of its processes are killed."""
        lines, self._logged = task_log(self._run.folder, self._logged)
        for line in lines:
            self._progress(line)
        if self._cancel.is_set():
            self.ending = "cancelled"
        elif time.monotonic() > self._deadline:
            self.ending = "timeout"
        else:
            return False
        processes.kill_run(self._run.folder)
        return True


def _prepare(run: PlaybookRun) -> None:
    """The private data dir, with everything that ansible-runner and Ansible read from it."""
    run.folder.mkdir(mode=0o700, parents=True)
    files = {
        "env/extravars": extra_vars.dump(run.variables),
        "env/settings": json.dumps({"pexpect_timeout": _POLL_SECONDS, "suppress_ansible_output": True}),
        "inventory/hosts.json": json.dumps(inventory()),
    }
    for name, text in files.items():
        path = run.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)


def inventory() -> dict[str, Any]:
    """The inventory of every run: this machine."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return {"all": {"hosts": {"localhost": host}}}


def _last_lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-_OUTPUT_LINES:]
