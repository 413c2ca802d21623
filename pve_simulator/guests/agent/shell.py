# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""`sh -c`: simple commands, `;`, `&&`, `||`, pipes and redirections, run with the system's programs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pve_simulator.errors import ApiError
from pve_simulator.guests.agent.files import find_content, write_file
from pve_simulator.guests.agent.machine import Machine
from pve_simulator.guests.agent.programs import Result, run_program

SHELLS = frozenset({"sh", "bash"})
_KEYWORDS = frozenset({"if", "for", "while", "case", "until", "{", "function"})
_PUNCTUATION = frozenset(";|&<>\n")
_SEPARATORS = frozenset({";", "&&", "||"})
# Marks the redirection of standard error, which the tokens alone could not tell from a word `2`.
_ERRORS = "\x02"
_ERROR_REDIRECTION = re.compile(r"(?<!\S)2(?=>)")
_OUTPUT_NUMBER = re.compile(r"(?<!\S)1(?=>)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\?|\w+))")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOT_FOUND = 127


@dataclass(slots=True)
class _State:
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    status: int = 0


def run_shell(machine: Machine, arguments: Sequence[str], stdin: str) -> Result:
    """Run `sh` with these arguments; without `-c` the script is its standard input."""
    script = stdin
    if arguments and arguments[0].startswith("-") and "c" in arguments[0]:
        script = arguments[1] if len(arguments) > 1 else ""
    elif arguments:
        script = find_content(machine, arguments[0]) or ""
    try:
        tokens = _tokens(script)
    except ValueError as error:
        return Result(2, err=f"sh: 1: Syntax error: {error}\n")
    if _KEYWORDS.intersection(tokens) or "$(" in script or "`" in script:
        return Result(2, err="sh: 1: the simulated shell knows neither compound commands nor substitution\n")
    state = _State()
    _run_list(machine, tokens, stdin, state)
    return Result(state.status, state.out, state.err, state.seconds)


def _tokens(script: str) -> list[str]:
    marked = _OUTPUT_NUMBER.sub("", _ERROR_REDIRECTION.sub(f"{_ERRORS} ", script))
    lexer = shlex.shlex(marked, posix=True, punctuation_chars="".join(sorted(_PUNCTUATION)))
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    tokens = []
    for word in lexer:
        if word and set(word) <= _PUNCTUATION:
            sign = word.replace("\n", "")
            tokens.append(";" if not sign.strip(";") else sign)
        else:
            tokens.append(word)
    return tokens


def _run_list(machine: Machine, tokens: list[str], stdin: str, state: _State) -> None:
    command: list[str] = []
    connector = ";"
    for token in [*tokens, ";"]:
        if token not in _SEPARATORS:
            command.append(token)
            continue
        skipped = (connector == "&&" and state.status != 0) or (connector == "||" and state.status == 0)
        if command and not skipped:
            if command[0] == "exit":
                state.status = int(command[1]) if len(command) > 1 and command[1].isdecimal() else state.status
                return
            _run_pipeline(machine, command, stdin, state)
        command, connector = [], token


def _run_pipeline(machine: Machine, tokens: list[str], stdin: str, state: _State) -> None:
    parts: list[list[str]] = [[]]
    for word in tokens:
        if word == "|":
            parts.append([])
        else:
            parts[-1].append(word)
    for part in parts:
        result = _run_command(machine, part, stdin, state.status)
        stdin = result.out
        state.err += result.err
        state.seconds += result.seconds
        state.status = result.exitcode
    state.out += stdin


def _run_command(machine: Machine, tokens: list[str], stdin: str, last: int) -> Result:
    words: list[str] = []
    redirections: list[tuple[str, str]] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token == _ERRORS or (token and set(token) <= {"<", ">", "&"}):
            sign = token if token != _ERRORS else token + tokens[position + 1]
            position += 1 if token != _ERRORS else 2
            redirections.append((sign, tokens[position] if position < len(tokens) else ""))
        else:
            words.append(_expand_variables(machine, token, last))
        position += 1
    for sign, target in redirections:
        if sign == "<":
            stdin = find_content(machine, target) or ""
    result = _run_words(machine, words, stdin)
    for sign, target in redirections:
        result = _redirect(machine, result, sign, target)
    return result


def _expand_variables(machine: Machine, word: str, last: int) -> str:
    """A word with the few variables that there are."""
    values = {"?": str(last), "HOME": "/root", "HOSTNAME": machine.host_name, "PATH": _PATH}
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), word)


def _run_words(machine: Machine, words: list[str], stdin: str) -> Result:
    if not words or words[0] in ("true", ":"):
        return Result()
    if words[0].rpartition("/")[2] in SHELLS:
        return run_shell(machine, words[1:], stdin)
    result = run_program(machine, words[0], words[1:], stdin)
    return result or Result(_NOT_FOUND, err=f"sh: 1: {words[0]}: not found\n")


def _redirect(machine: Machine, result: Result, sign: str, target: str) -> Result:
    errors = sign.startswith(_ERRORS)
    text = result.err if errors else result.out
    if sign.endswith(">&"):
        if target == ("1" if errors else "2"):
            return replace(result, out=result.out + text if errors else "", err="" if errors else result.err + text)
        return result
    if not sign.endswith(">"):
        return result
    remaining = replace(result, err="") if errors else replace(result, out="")
    if target == "/dev/null":
        return remaining
    before = (find_content(machine, target) or "") if sign.endswith(">>") else ""
    try:
        write_file(machine, target, before + text)
    except ApiError:
        return Result(2, err=f"sh: 1: cannot create {target}: Directory nonexistent\n")
    return remaining
