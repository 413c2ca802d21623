# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads to a storage: what the task does, says and checks."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.errors import ApiError, failure
from pve_simulator.state.storage import Storage, Volume
from pve_simulator.state.web import Web
from pve_simulator.storage import wget
from pve_simulator.storage.uploads import Destination, check_image
from pve_simulator.world.tasks import Task
from pve_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Download:
    """One file that a node fetches; `algorithm` and `expected` are the sum to check, when there is one."""

    world: World
    node: str
    url: str
    storage: Storage
    content: str
    target: Destination
    algorithm: str | None = None
    expected: str | None = None
    decompress: bool = False

    async def run(self, task: Task) -> None:
        """Fetch the file; raises when it is not available, not what was expected, or would replace another one."""
        task.say(f"downloading {self.url} to {self.target.path}")
        if self.target.volid in self.storage.volumes_on(self.node) and self._keeps_existing(task):
            return
        web = self.world.cluster.part(Web).fetch(self.url)
        began = self.world.clock.time()
        _say(task, wget.connection_lines(self.url, web, began))
        if web.status != 200:
            lines, error = wget.describe_failure(self.url, web, began)
            _say(task, lines)
            raise failure(error)
        await task.work()
        partial = f"{self.target.path}.tmp_dwnl.{task.upid.pid}"
        _say(task, wget.transfer_lines(web, partial, began, self.world.clock.time()))
        if self.algorithm is not None and self.expected is not None:
            verify_checksum(task, web.checksums.get(self.algorithm, self.expected), self.expected)
        if self.content == "import":
            self._verify_image(partial, web.image_format or self.target.format)
        if self.decompress:
            task.say(f"decompressing {partial} to {self.target.path}")
        store_file(self.world, self.node, self.storage, self.content, self.target, web.size)
        task.say(f"download of '{self.url}' to '{self.target.path}' finished")

    def _keeps_existing(self, task: Task) -> bool:
        """Whether the existing file is kept; without a checksum to compare, it must not be overwritten."""
        if self.algorithm is None or self.expected is None:
            raise failure(f"refusing to override existing file '{self.target.path}'")
        got = self.world.cluster.part(Web).fetch(self.url).checksums.get(self.algorithm, self.expected)
        if got.lower() == self.expected.lower():
            task.say("calculating checksum of existing file...OK, got correct file already, no need to download")
            return True
        task.say("calculating checksum of existing file...")
        task.say(f"mismatch, got '{got}' but expected '{self.expected}' - re-download")
        return False

    def _verify_image(self, path: str, real: str) -> None:
        try:
            check_image(path, self.target.format, real)
        except ApiError as error:
            raise failure(f"failed to verify file: {error.message}") from error


def verify_checksum(task: Task, got: str, expected: str) -> None:
    """Compare checksums, with the log lines of the task."""
    if got.lower() != expected.lower():
        task.say("calculating checksum...")
        raise failure(f"checksum mismatch: got '{got}' != expect '{expected}'")
    task.say("calculating checksum...OK, checksum verified")


def store_file(world: World, node: str, storage: Storage, content: str, target: Destination, size: int) -> None:
    """Put the file on the storage."""
    now = int(world.clock.time())
    storage.volumes_on(node)[target.volid] = Volume(target.volid, content, target.format, size, size, ctime=now)


def _say(task: Task, lines: list[str]) -> None:
    for line in lines:
        task.say(line)
