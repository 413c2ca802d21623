# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that a simulated system has: enough of each to answer what automation asks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pve_simulator.guests import sizes
from pve_simulator.guests.agent.files import find_content, list_directory
from pve_simulator.guests.agent.machine import Machine


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended, what it printed, and how many seconds it took."""

    exitcode: int = 0
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    signal: int | None = None


Program = Callable[[Machine, Sequence[str], str], Result]


def run_program(machine: Machine, name: str, arguments: Sequence[str], stdin: str) -> Result | None:
    """Run a program of the system; None when it has none of this name (in its usual directories)."""
    folder, _slash, base = name.rpartition("/")
    known = base in machine.system.programs and folder in ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin")
    if not known:
        return None
    program = _PROGRAMS.get(base)
    return program(machine, arguments, stdin) if program else Result()


def _say(text: str) -> Result:
    return Result(out=f"{text}\n")


def _echo(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    newline = not (arguments and arguments[0] == "-n")
    text = " ".join(arguments if newline else arguments[1:])
    return Result(out=text + ("\n" if newline else ""))


def _cat(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    out, err = "", ""
    for path in arguments or ["-"]:
        content = stdin if path == "-" else find_content(machine, path)
        if content is None:
            reason = "Is a directory" if list_directory(machine, path) is not None else "No such file or directory"
            err += f"cat: {path}: {reason}\n"
        else:
            out += content
    return Result(int(bool(err)), out, err)


def _ls(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    out, err = "", ""
    for path in [word for word in arguments if not word.startswith("-")] or ["/"]:
        names = list_directory(machine, path)
        if names is not None:
            out += "".join(f"{name}\n" for name in names)
        elif find_content(machine, path) is not None:
            out += f"{path}\n"
        else:
            err += f"ls: cannot access '{path}': No such file or directory\n"
    return Result(2 if err else 0, out, err)


def _uname(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    info = machine.system.osinfo
    fields = {
        "s": "Linux",
        "n": machine.host_name,
        "r": info.get("kernel-release", ""),
        "v": info.get("kernel-version", ""),
        "m": info.get("machine", ""),
        "o": "GNU/Linux",
    }
    letters = "".join(word[1:] for word in arguments if word.startswith("-")) or "s"
    letters = "snrvmo" if "a" in letters else letters
    return _say(" ".join(text for letter, text in fields.items() if letter in letters))


def _sleep(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    try:
        return Result(seconds=sum(_seconds(word) for word in arguments))
    except ValueError:
        return Result(1, err=f"sleep: invalid time interval '{arguments[0]}'\n")


def _seconds(word: str) -> float:
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(word[-1:], 0)
    return float(word[:-1]) * factor if factor else float(word)


def _date(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    form = next((word[1:] for word in arguments if word.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    return _say(time.strftime(form.replace("%s", str(int(machine.now))), time.gmtime(machine.now)))


def _ip(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    lines = []
    for number, (name, mac, addresses) in enumerate(machine.list_interfaces(), start=1):
        kind = "loopback" if name == "lo" else "ether"
        lines += [f"{number}: {name}: <UP,LOWER_UP> mtu 1500 state UP", f"    link/{kind} {mac}"]
        lines += [f"    {'inet6' if ':' in text else 'inet'} {text}" for text in addresses]
    return _say("\n".join(lines))


def _free(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    total = sizes.memory(machine.guest) // 1024
    return _say(f"{'':15}total        used        free\nMem: {total:15} {total // 2:11} {total // 2:11}")


def _id(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    return _say("0" if "-u" in arguments else "uid=0(root) gid=0(root) groups=0(root)")


def _env(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    return _say("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOME=/root")


def _uptime(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    minutes = int(machine.now - machine.guest.started_at) // 60
    return _say(f" {time.strftime('%H:%M:%S', time.gmtime(machine.now))} up {minutes} min,  0 users")


def _grep(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    words = [word for word in arguments if not word.startswith("-")]
    text = find_content(machine, words[1]) if len(words) > 1 else stdin
    lines = [line for line in (text or "").splitlines() if words and words[0] in line]
    return Result(0 if lines else 1, "".join(f"{line}\n" for line in lines))


def _touch(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    for path in arguments:
        machine.script.files.setdefault(path, "")
    return Result()


def _rm(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    for path in arguments:
        machine.script.files.pop(path, None)
    return Result()


def _test(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    """`test -f|-e|-d PATH`, `-n|-z TEXT`, `A = B`, `A != B`."""
    words = [word for word in arguments if word != "]"]
    if len(words) == 3 and words[1] in ("=", "!="):
        return Result(int((words[0] == words[2]) is not (words[1] == "=")))
    if len(words) != 2:
        return Result(int(not (words and words[-1])))
    kind, path = words
    is_file, is_directory = find_content(machine, path) is not None, list_directory(machine, path) is not None
    answers = {"-f": is_file, "-d": is_directory, "-e": is_file or is_directory, "-n": bool(path), "-z": not path}
    return Result(int(not answers.get(kind, False)))


def _some_lines(arguments: Sequence[str], machine: Machine, stdin: str) -> tuple[list[str], int]:
    numbers = [int(word.lstrip("-")) for word in arguments if word.lstrip("-").isdecimal()]
    paths = [word for word in arguments if word.startswith("/")]
    text = (find_content(machine, paths[0]) or "") if paths else stdin
    return text.splitlines(keepends=True), numbers[0] if numbers else 10


def _head(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    lines, count = _some_lines(arguments, machine, stdin)
    return Result(out="".join(lines[:count]))


def _tail(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    lines, count = _some_lines(arguments, machine, stdin)
    return Result(out="".join(lines[-count:]))


_PROGRAMS: dict[str, Program] = {
    "cat": _cat,
    "date": _date,
    "echo": _echo,
    "env": _env,
    "false": lambda machine, arguments, stdin: Result(1),
    "[": _test,
    "free": _free,
    "grep": _grep,
    "head": _head,
    "hostname": lambda machine, arguments, stdin: _say(machine.host_name),
    "id": _id,
    "ip": _ip,
    "ls": _ls,
    "pwd": lambda machine, arguments, stdin: _say("/"),
    "rm": _rm,
    "sleep": _sleep,
    "tail": _tail,
    "test": _test,
    "touch": _touch,
    "uname": _uname,
    "uptime": _uptime,
    "wc": lambda machine, arguments, stdin: _say(str(stdin.count("\n"))),
    "whoami": lambda machine, arguments, stdin: _say("root"),
}
