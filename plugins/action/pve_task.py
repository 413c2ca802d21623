# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of all modules of this collection: runs a module in this interpreter if it would use the same one.

C(meta/runtime.yml) redirects all modules to it. It has the name of one of them, since an action plugin must be
documented by a module.
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
    # ansible-core 2.18 has a tuple instead, and no profiles.
    _BuiltModule = None

try:
    from ansible._internal._display_utils import DeferredWarningContext
except ImportError:
    # ansible-core 2.18 leaves all warnings in results.
    DeferredWarningContext = None

# All modules import these, which takes most of their import time.
PRELOADED = (module, runner)
SWITCH = "pve_in_process"
# Set when a playbook is run for one task only: then the task's worker has nothing to do after its module.
ONE_TASK = "PVE_ONE_TASK"
_PROFILE = "legacy"
# Prefixes of variables that an interpreter or a library reads only once, when it starts.
_READ_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "TZ", "OPENSSL_")

display = Display()


class ActionModule(NormalAction):
    """The normal action, whose module runs in a fork of this worker if it would run in this interpreter anyway.

    If the worker has nothing else to do, the module runs in the worker itself.

    Everything before and after, such as the module's arguments and the meaning of its output, is left to the normal
    action: only the way from the arguments to the output differs.
    """

    _runs_here = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self._runs_here = self._may_run_here(task_vars or {})
        result = super().run(tmp, task_vars)
        self._write_result(result)
        return result

    def _write_result(self, result: dict[str, Any]) -> None:
        """Write the result into the folder that C(PVE_RESULTS) names.

        Not after a crash, which Ansible itself reports, and not with C(no_log).
        """
        task, folder = self._task, os.environ.get(_results.FOLDER)
        has_crashed = result.get("failed") and "failure" not in result
        is_hidden = task.no_log or result.get("_ansible_no_log")
        if not folder or has_crashed or is_hidden or task.loop or task.loop_with or task.async_val:
            return
        try:
            whole = {**result, "warnings": [*_list_captured_warnings(), *(result.get("warnings") or ())]}
            _results.write_result(folder, self._find_module(task.action).resolved_fqcn, whole, check=task.check_mode)
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
        """Whether this worker only runs this module once, without a time limit."""
        task = self._task
        return bool(os.environ.get(ONE_TASK)) and not (task.loop or task.loop_with or task.until or task.timeout)

    def _target_vars(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        if not self._task.delegate_to:
            return task_vars
        return task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, {})

    def _interpreter(self, target_vars: dict[str, Any]) -> str:
        """The Python that the normal action would use, if it is known already."""
        configured = C.config.get_config_value("INTERPRETER_PYTHON", variables=target_vars)
        interpreter = str(self._templar.template(configured) or "auto").strip()
        if interpreter.startswith("auto"):
            return str(target_vars.get("ansible_facts", {}).get("discovered_interpreter_python", ""))
        return interpreter

    def _environment(self) -> dict[str, str]:
        environment: dict[str, Any] = {}
        self._compute_environment_string(environment)
        return {name: str(value) for name, value in environment.items()}

    def _find_module(self, name: str) -> Any:
        """Find a module; its full name is C(resolved_fqcn), its file C(plugin_resolved_path)."""
        loader = self._shared_loader_obj.module_loader
        return loader.find_plugin_with_context(name, ".py", collection_list=self._task.collections)

    # The following methods override steps of _execute_module.

    def _is_pipelining_enabled(self, *args: Any, **kwargs: Any) -> bool:
        # Pipelined modules need no file on the target.
        return self._runs_here or super()._is_pipelining_enabled(*args, **kwargs)

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> Any:
        if not self._runs_here:
            return super()._configure_module(module_name, module_args, task_vars)
        resolved = self._find_module(module_name)
        self._module = resolved.resolved_fqcn
        payload = {"ANSIBLE_MODULE_ARGS": module_args}
        shebang = f"#!{sys.executable}"
        if _BuiltModule is None:
            data = json.dumps(payload, cls=ansible_json.AnsibleJSONEncoder, vault_to_text=True).encode()
            return "new", shebang, data, resolved.plugin_resolved_path
        encoder = ansible_json.get_module_encoder(_PROFILE, ansible_json.Direction.CONTROLLER_TO_MODULE)
        data = json.dumps(payload, cls=encoder).encode()
        built = _BuiltModule(b_module_data=data, module_style="new", shebang=shebang, serialization_profile=_PROFILE)
        return built, resolved.plugin_resolved_path

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


def _list_captured_warnings() -> list[Any]:
    """The warnings of this task so far; ansible-core 2.21 removes a module's warnings from its result."""
    context = DeferredWarningContext.current(optional=True) if DeferredWarningContext else None
    return list(context.get_warnings()) if context else []


def _is_this_interpreter(path: str) -> bool:
    """Whether a path is this Python; a virtual environment's is not the same as the one that it was made from."""
    return bool(path) and _resolve_folder_and_file(path) == _resolve_folder_and_file(sys.executable)


def _resolve_folder_and_file(path: str) -> tuple[str, str]:
    return os.path.realpath(os.path.dirname(path)), os.path.realpath(path)
