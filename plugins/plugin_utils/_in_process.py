# Copyright (c) 2026, Playvisor contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module in this process, or a fork of it, with the same output and status as in a new interpreter."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import io
import os
import selectors
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.module_utils.common.text.converters import to_text

try:
    from ansible.module_utils import _internal
    from ansible.module_utils._internal import _traceback
    from ansible.module_utils._internal._ansiballz import _loader
except ImportError:
    # ansible-core 2.18 has none of it.
    _internal = _traceback = _loader = None

_CHUNK = 65536


def run(module: str, arguments: bytes, profile: str, environment: dict[str, str], folder: str) -> tuple[int, str, str]:
    """Run the module with this full name in I(folder); returns its status and what it wrote to stdout and stderr.

    It runs in a fork, so that nothing of it is left behind. I(environment) is added to this process's own. If this call
    is interrupted, as by the task's timeout, the fork is killed.
    """
    name = _python_name(module)
    # Imported here, the next round of a loop has it. An error of the import is raised again in the fork.
    with contextlib.suppress(Exception):
        importlib.import_module(name)
    out, err = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        _run_in_fork(name, arguments, profile, environment, folder, out[1], err[1])
    try:
        os.close(out[1])
        os.close(err[1])
        output = _read_pipes(out[0], err[0])
        status = os.waitpid(pid, 0)[1]
        pid = 0
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(out[0])
        os.close(err[0])
    code = os.waitstatus_to_exitcode(status)
    # The status of a signal as a shell has it, through which the normal action runs modules.
    return (code if code >= 0 else 128 - code), *output


def run_without_fork(
    module: str, arguments: bytes, profile: str, environment: dict[str, str], folder: str
) -> tuple[int, str, str]:
    """As C(run), without a fork: only for a process that has nothing else to do, since not everything is restored.

    What a module does to its process, such as ending it, happens to this one.
    """
    out, err = io.StringIO(), io.StringIO()
    saved, cwd, stdin = dict(os.environ), os.getcwd(), sys.stdin
    os.environ.update(environment)
    os.chdir(folder)
    sys.stdin = io.StringIO()
    try:
        streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
        with streams[0], streams[1], _reset_module_utils(arguments, profile), _run_exit_functions():
            status = _run_main(_python_name(module), profile)
    finally:
        sys.stdin = stdin
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(saved)
    return status, out.getvalue(), err.getvalue()


def _python_name(module: str) -> str:
    return "ansible_collections.{}.{}.plugins.modules.{}".format(*module.split(".", 2))


def _read_pipes(*pipes: int) -> tuple[str, str]:
    """Read two pipes until both are closed."""
    output = {pipe: bytearray() for pipe in pipes}
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _events in selector.select():
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fd)
                output[key.fd] += chunk
    out, err = (to_text(bytes(output[pipe]), errors="surrogate_then_replace") for pipe in pipes)
    return out, err


def _run_in_fork(
    name: str, arguments: bytes, profile: str, environment: dict[str, str], folder: str, out: int, err: int
) -> NoReturn:
    status = 1
    try:
        # The worker's exit functions and signal handlers are not for the module.
        atexit._clear()
        for number in (signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _redirect_streams(out, err)
        os.environ.update(environment)
        os.chdir(folder)
        with _reset_module_utils(arguments, profile):
            status = _run_main(name, profile)
            atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # In any case: the code up the stack belongs to the worker.
        os._exit(status)


def _redirect_streams(out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


@contextlib.contextmanager
def _run_exit_functions() -> Iterator[None]:
    """Run the functions that are registered meanwhile for the end of the process at the end of the context."""
    register, registered = atexit.register, []

    def keep(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
        registered.append((function, args, kwargs))
        return function

    atexit.register = keep
    try:
        yield
    finally:
        atexit.register = register
        for function, args, kwargs in reversed(registered):
            function(*args, **kwargs)


@contextlib.contextmanager
def _reset_module_utils(arguments: bytes, profile: str) -> Iterator[None]:
    """Give Ansible's module_utils the state that they have in a new interpreter."""
    basic._ANSIBLE_ARGS = arguments
    warnings._global_warnings.clear()
    warnings._global_deprecations.clear()
    if _internal is None:
        yield
        return
    basic._ANSIBLE_PROFILE = profile
    saved = _traceback._module_tracebacks_enabled_events, _traceback._is_traceback_enabled
    _internal.is_controller = False
    _traceback._module_tracebacks_enabled_events = None
    _traceback._is_traceback_enabled = _traceback._is_module_traceback_enabled
    try:
        yield
    finally:
        _internal.is_controller = True
        _traceback._module_tracebacks_enabled_events, _traceback._is_traceback_enabled = saved


def _run_main(name: str, profile: str) -> int:
    try:
        _call_main(name, profile)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _call_main(name: str, profile: str) -> None:
    try:
        importlib.import_module(name).main()
        if _loader:
            raise RuntimeError("New-style module did not handle its own exit.")
    except Exception as error:
        if _loader is None:
            raise
        # This prints it as a result.
        _loader._handle_exception(error, profile)
    print('{"msg": "New-style module did not handle its own exit", "failed": true}')
    sys.exit(1)
