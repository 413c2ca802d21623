# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks with plain ansible-runner: a new ansible-playbook process for every run."""

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
    read_result,
    read_started_tasks,
    read_task_log,
    runner_events,
)
from mcp_bridge.executor.environment import RUNNER_VARIABLES, TEMPORARY, build_playbook_env
from mcp_bridge.system import processes

_OUTPUT_LINES = 20
# How long a cancelled run may go on, at most, in seconds: ansible-runner polls that often.
_POLL_SECONDS = 0.5
_IMPORTING = threading.Lock()


class ColdExecutor:
    """Runs playbooks with ansible-runner. `connection` are the cluster's PROXMOX_* variables, none of them secret."""

    def __init__(self, connection: Mapping[str, str]) -> None:
        self._connection = connection

    def run(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> PlaybookOutcome:
        """Run one playbook in a new private data dir, where its artifacts stay."""
        _prepare(run)
        watch = _Watch(run, progress, cancel)
        runner = self._make_runner(run, watch)
        try:
            runner.run()
            watch.copy_log()
        except BaseException:
            # A run that nobody follows any more, for example because the disk is full, must not go on.
            processes.kill_run(run.folder)
            raise
        finally:
            _forget_variables(run)
            shutil.rmtree(run.folder / TEMPORARY, ignore_errors=True)
        if not watch.finished:
            # A fork server may have been killed; what it ran would go on with nobody waiting for it.
            processes.kill_run(run.folder)
        output = _read_last_lines(Path(runner.config.artifact_dir, "stdout"))
        result = read_result(run.folder, run.action) or watch.result
        return PlaybookOutcome(watch.ending, result, output, read_started_tasks(run.folder))

    def close(self) -> None:
        """Do nothing: nothing is kept running."""

    def _make_runner(self, run: PlaybookRun, watch: _Watch) -> Any:
        ansible_runner = _import_ansible_runner()
        config = ansible_runner.RunnerConfig(
            private_data_dir=str(run.folder),
            ident=str(uuid.uuid4()),
            playbook=str(run.playbook),
            inventory=str(run.folder / "inventory" / "hosts.json"),
            cmdline="--check --diff" if run.check else "--diff",
            quiet=True,
        )
        config.prepare()
        # ansible-runner would copy this process's whole environment and write it into the artifacts.
        config.env = {
            **{name: value for name, value in config.env.items() if name in RUNNER_VARIABLES},
            **self._build_environment(run),
        }
        return ansible_runner.Runner(config=config, event_handler=watch.handle_event, cancel_callback=watch.must_stop)

    def _build_environment(self, run: PlaybookRun) -> dict[str, str]:
        """The environment of a run's playbook, without what ansible-runner passes to its own plugin."""
        run_variables = {**self._connection, **run.environment}
        callbacks = _import_ansible_runner().utils.get_callback_dir()
        return {**build_playbook_env(os.environ, run_variables, run.folder), "ANSIBLE_CALLBACK_PLUGINS": callbacks}


def _import_ansible_runner() -> Any:
    """The package, imported late since that takes time, and under a lock: two threads at once get a partial module."""
    with _IMPORTING:
        import_module("mcp_bridge.executor.runner_patch").patch_ansible_runner()
        return import_module("ansible_runner")


class _Watch:
    """Follows one run's events, and stops it when it has to end."""

    def __init__(self, run: PlaybookRun, progress: Progress, cancel: threading.Event) -> None:
        self._run = run
        self._progress = progress
        self._cancel = cancel
        self._deadline = time.monotonic() + run.timeout
        self._logged = 0
        # Only as events hold it, which do not hold large results.
        self.result: dict[str, Any] | None = None
        self._has_begun = self.finished = False
        self.ending: Any = "ended"

    def handle_event(self, event: dict[str, Any]) -> bool:
        """Note what an event says; returns true to keep it in the artifacts."""
        if not self._has_begun:
            # Ansible has read its variables before it says anything.
            self._has_begun = True
            _forget_variables(self._run)
        line = runner_events.describe_progress(event)
        if line:
            self._progress(line)
        self.result = runner_events.read_module_result(event, self._run.action) or self.result
        self.finished = self.finished or event.get("event") == "playbook_on_stats"
        return True

    def copy_log(self) -> None:
        """Pass on what the module has written for whoever watches."""
        lines, self._logged = read_task_log(self._run.folder, self._logged)
        for line in lines:
            self._progress(line)

    def must_stop(self) -> bool:
        """Whether the run must end early, since it is cancelled or out of time; if so, its processes are killed."""
        self.copy_log()
        if self._cancel.is_set():
            self.ending = "cancelled"
        elif time.monotonic() > self._deadline:
            self.ending = "timeout"
        else:
            return False
        processes.kill_run(self._run.folder)
        return True


def _prepare(run: PlaybookRun) -> None:
    """Make the private data dir, with everything that ansible-runner and Ansible read from it."""
    run.folder.mkdir(mode=0o700, parents=True)
    files = {
        extra_vars.FILE: extra_vars.dump(run.variables),
        "env/settings": json.dumps({"pexpect_timeout": _POLL_SECONDS, "suppress_ansible_output": True}),
        "inventory/hosts.json": json.dumps(build_inventory()),
    }
    for name, text in files.items():
        path = run.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)


def _forget_variables(run: PlaybookRun) -> None:
    """Replace the values of variables that must not be left behind."""
    if run.kept_variables:
        text = extra_vars.dump({**run.variables, **run.kept_variables})
        (run.folder / extra_vars.FILE).write_text(text, encoding="utf-8")


def build_inventory() -> dict[str, Any]:
    """The inventory of every run: this machine."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return {"all": {"hosts": {"localhost": host}}}


def _read_last_lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-_OUTPUT_LINES:]
