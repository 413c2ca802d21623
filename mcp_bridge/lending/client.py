"""Hands a command over to a fork server, and waits for it.

As a script, it is what stands first on a warm run's PATH as `ansible-playbook`; its arguments are then the server's
socket, the real ansible-playbook, and those of ansible-playbook. It imports as little as can be: it is on the way of
every run.
"""

from __future__ import annotations

# Not `socket`, which takes longer to import than all the rest of this.
import _socket
import array
import os
import sys

BUSY = 255
LENGTH = 8


def hand_over(address: str, arguments: list[str], *, forward_signals: bool = False) -> int:
    """The exit status of the command; `BUSY` when the server will not run it. Raises OSError when it is gone.

    With `forward_signals`, SIGINT and SIGTERM reach the command, which is in no group of this process's terminal.
    """
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    server.connect(address)
    umask = os.umask(0)
    os.umask(umask)
    words = [os.getcwd(), str(umask), str(len(arguments)), *arguments]
    variables = [name + b"=" + value for name, value in os.environb.items()]
    request = b"\0".join([*map(os.fsencode, words), *variables])
    terminal = array.array("i", [0, 1, 2])
    server.sendmsg([len(request).to_bytes(LENGTH, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, terminal)])
    server.sendall(request)
    if server.recv(1) != b"+":
        return BUSY
    if forward_signals:
        _forward(server)
    # The status comes when the command has ended; nothing when the server has been killed.
    try:
        answer = server.recv(1)
    except OSError:
        answer = b""
    return answer[0] if answer else 1


def _forward(server: _socket.socket) -> None:
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _frame: server.sendall(bytes([caught])))


def main() -> None:
    """Run by the server if possible, else as the real ansible-playbook."""
    address, real, *arguments = sys.argv[1:]
    try:
        status = hand_over(address, ["ansible-playbook", *arguments])
    except OSError:
        status = BUSY
    if status == BUSY:
        os.execv(real, [real, *arguments])  # noqa: S606
    sys.exit(status)


if __name__ == "__main__":
    main()
