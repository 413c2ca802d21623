# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of every task of this collection: runs its module without a new interpreter where that would be this one.

C(meta/runtime.yml) leads all modules to it. It has the name of one of them, for an action plugin has to be documented
by a module.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from ansible import constants as C
from ansible.module_utils.common import json as ansible_json
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ..module_utils._module import module
from ..module_utils._run import runner
from ..plugin_utils import _in_process, _results

try:
    from ansible.executor.module_common import _BuiltModule
except ImportError:
    # ansible-core 2.18 has a tuple instead, and knows no profiles.
    _BuiltModule = None

try:
    from ansible._internal._display_utils import DeferredWarningContext
except ImportError:
    # ansible-core 2.18 leaves all warnings in results.
    DeferredWarningContext = None

# What all modules import, which takes most of the time of their import.
PRELOADED = (module, runner)
SWITCH = "pve_in_process"
# Set by who runs a playbook for the sake of one task: the task's worker has nothing to do after its module.
ONE_TASK = "PVE_ONE_TASK"
_PROFILE = "legacy"
# What an interpreter or a library reads once, when it starts.
_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "OPENSSL_")

display = Display()


class ActionModule(NormalAction):
    """The normal action, whose module runs in a fork of this worker if it would run in this interpreter anyway.

    Where there is nothing else that the worker is for, it runs in the worker itself.

    All that comes before and after, such as the module's arguments and what its output means, stays the normal
    action's own: only the way from the arguments to the output differs.
    """

    _runs_here = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self._runs_here = self._may_run_here(task_vars or {})
        result = super().run(tmp, task_vars)
        self._write_result(result)
        return result

    def _write_result(self, result: dict[str, Any]) -> None:
        """Write the result to where whoever runs the playbook wants it.

        How a module crashed, Ansible says in its own way; and what is hidden stays so.
        """
        task, folder = self._task, os.environ.get(_results.FOLDER)
        crashed = result.get("failed") and "failure" not in result
        hidden = task.no_log or result.get("_ansible_no_log")
        if not folder or crashed or hidden or task.loop or task.loop_with or task.async_val:
            return
        try:
            kept = {**result, "warnings": [*_captured_warnings(), *(result.get("warnings") or ())]}
            _results.write_result(folder, self._find_module(task.action).resolved_fqcn, kept, check=task.check_mode)
        except OSError as error:
            display.warning(f"The result could not be written to {folder}: {error}")

    def _may_run_here(self, task_vars: dict[str, Any]) -> bool:
        target = self._target_vars(task_vars)
        return (
            self._connection.transport == "local"
            and self._connection.become is None
            and not self._task.async_val
            and not C.DEFAULT_KEEP_REMOTE_FILES
            and not C.config.get_config_value("PYTHON_MODULE_RLIMIT_NOFILE", variables=target)
            and boolean(self._templar.template(task_vars.get(SWITCH, True)), strict=False)
            and _is_this_interpreter(self._interpreter(target))
            and not any(name.startswith(_READ_AT_START) for name in self._environment())
        )

    def _is_last(self) -> bool:
        """Whether all that this worker will do is to run this module once, for as long as it takes."""
        task = self._task
        return bool(os.environ.get(ONE_TASK)) and not (task.loop or task.loop_with or task.until or task.timeout)

    def _target_vars(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        if not self._task.delegate_to:
            return task_vars
        return task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})

    def _interpreter(self, target_vars: dict[str, Any]) -> str:
        """The Python that the normal way would use, as far as that is known already."""
        configured = C.config.get_config_value("INTERPRETER_PYTHON", variables=target_vars)
        wished = str(self._templar.template(configured) or "auto").strip()
        if wished.startswith("auto"):
            return str(target_vars.get("ansible_facts", {}).get("discovered_interpreter_python", ""))
        return wished

    def _environment(self) -> dict[str, str]:
        found: dict[str, Any] = {}
        self._compute_environment_string(found)
        return {name: str(value) for name, value in found.items()}

    def _find_module(self, name: str) -> Any:
        """Where a module is, with its full name as C(resolved_fqcn)."""
        loader = self._shared_loader_obj.module_loader
        return loader.find_plugin_with_context(name, ".py", collection_list=self._task.collections)

    # What follows overrides the steps of _execute_module.

    def _is_pipelining_enabled(self, *args: Any, **kwargs: Any) -> bool:
        # Pipelined modules need no file on the target.
        return self._runs_here or super()._is_pipelining_enabled(*args, **kwargs)

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        if not self._runs_here:
            return super()._configure_module(module_name, module_args, task_vars)
        found = self._find_module(module_name)
        self._module = found.resolved_fqcn
        payload = {"ANSIBLE_MODULE_ARGS": module_args}
        shebang = f"#!{sys.executable}"
        if _BuiltModule is None:
            data = json.dumps(payload, cls=ansible_json.AnsibleJSONEncoder, vault_to_text=True).encode()
            return "new", shebang, data, found.plugin_resolved_path
        encoder = ansible_json.get_module_encoder(_PROFILE, ansible_json.Direction.CONTROLLER_TO_MODULE)
        data = json.dumps(payload, cls=encoder).encode()
        built = _BuiltModule(b_module_data=data, module_style="new", shebang=shebang, serialization_profile=_PROFILE)
        return built, found.plugin_resolved_path

    def _low_level_execute_command(self, cmd: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if not self._runs_here:
            return super()._low_level_execute_command(cmd, *args, **kwargs)
        display.vvv(f"RUN {self._module} in this process", host=self._play_context.remote_addr)
        run = _in_process.run_without_fork if self._is_last() else _in_process.run
        status, out, err = run(
            self._module, kwargs["in_data"], _PROFILE, self._environment(), self._loader.get_basedir()
        )
        return {
            "rc": status,
            "stdout": out,
            "stdout_lines": out.splitlines(),
            "stderr": err,
            "stderr_lines": err.splitlines(),
        }


def _captured_warnings() -> list[Any]:
    """What has been warned of in this task so far; ansible-core 2.21 takes a module's warnings out of its result."""
    context = DeferredWarningContext.current(optional=True) if DeferredWarningContext else None
    return list(context.get_warnings()) if context else []


def _is_this_interpreter(path: str) -> bool:
    """Whether a path leads to this Python; a virtual environment's differs from the one that it was made from."""
    return bool(path) and _home_and_file(path) == _home_and_file(sys.executable)


def _home_and_file(path: str) -> tuple[str, str]:
    return os.path.realpath(os.path.dirname(path)), os.path.realpath(path)
