# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each kind of storage can hold and be set to (the plugins of pve-storage)."""

from __future__ import annotations

from dataclasses import dataclass

from pve_simulator.state.sections import Options

_EVERY = "nodes disable content bwlimit"
_FILES = "content-dirs prune-backups max-protected-backups format mkdir create-base-path create-subdirs preallocation"
_DIRECTORY_CONTENT = "images rootdir vztmpl iso backup snippets none import"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One kind of storage.

    `fixed` options are needed at creation and never change; `fixed_later` may be left out but never change;
    `sensitive` ones are kept in files of their own. `mounted` kinds get their path from their name.
    """

    fixed: frozenset[str]
    options: frozenset[str]
    contents: frozenset[str]
    default_content: frozenset[str]
    fixed_later: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    formats: tuple[str, ...] = ("raw",)
    shared: bool = False
    mounted: bool = False

    @property
    def has_path(self) -> bool:
        """Whether it keeps files below a directory."""
        return "path" in self.fixed

    @property
    def rules(self) -> Options:
        """Which options the definition may, must and can't later have."""
        needed = self.fixed | self.required
        return Options(needed | self.options, needed, self.fixed | self.fixed_later)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _plugin(
    fixed: str,
    options: str,
    contents: str,
    default: str,
    *,
    fixed_later: str = "",
    required: str = "",
    sensitive: str = "",
    formats: tuple[str, ...] = ("raw",),
    shared: bool = False,
    mounted: bool = False,
) -> Plugin:
    return Plugin(
        fixed=_words(fixed),
        options=_words(f"{_EVERY} {options} {fixed_later}"),
        contents=_words(contents),
        default_content=_words(default),
        fixed_later=_words(fixed_later),
        required=_words(required),
        sensitive=_words(sensitive),
        formats=formats,
        shared=shared,
        mounted=mounted,
    )


_FORMATS = ("raw", "qcow2", "vmdk")
PLUGINS: dict[str, Plugin] = {
    "dir": _plugin(
        "path",
        f"{_FILES} shared is_mountpoint",
        _DIRECTORY_CONTENT,
        "images rootdir",
        fixed_later="snapshot-as-volume-chain",
        formats=(*_FORMATS, "subvol"),
    ),
    "btrfs": _plugin(
        "path",
        f"{_FILES} shared is_mountpoint nocow",
        _DIRECTORY_CONTENT,
        "images rootdir",
        formats=(*_FORMATS, "subvol"),
    ),
    "nfs": _plugin(
        "path server export",
        f"{_FILES} options",
        _DIRECTORY_CONTENT,
        "images",
        fixed_later="snapshot-as-volume-chain",
        formats=_FORMATS,
        shared=True,
        mounted=True,
    ),
    "cifs": _plugin(
        "path server share",
        f"{_FILES} subdir username password domain smbversion options",
        _DIRECTORY_CONTENT,
        "images",
        fixed_later="snapshot-as-volume-chain",
        sensitive="password",
        formats=_FORMATS,
        shared=True,
        mounted=True,
    ),
    "cephfs": _plugin(
        "path",
        f"{_FILES} monhost subdir options username fuse keyring fs-name",
        "vztmpl iso backup snippets import",
        "backup",
        sensitive="keyring",
        shared=True,
        mounted=True,
    ),
    "lvm": _plugin(
        "vgname",
        "shared saferemove saferemove-stepsize saferemove_throughput tagged_only snapshot-as-volume-chain",
        "images rootdir",
        "images",
        fixed_later="base",
        formats=("raw", "qcow2"),
    ),
    "lvmthin": _plugin("thinpool vgname", "", "images rootdir", "images rootdir"),
    "zfspool": _plugin(
        "pool", "blocksize sparse mountpoint", "images rootdir", "images rootdir", formats=("raw", "subvol")
    ),
    "zfs": _plugin(
        "portal target pool blocksize iscsiprovider",
        "nowritecache sparse comstar_hg comstar_tg lio_tpg zfs-base-path",
        "images",
        "images",
        shared=True,
    ),
    "iscsi": _plugin("portal target", "", "images none", "images", shared=True),
    "iscsidirect": _plugin("portal target", "", "images none", "images", shared=True),
    "rbd": _plugin(
        "",
        "monhost pool data-pool namespace username krbd keyring",
        "images rootdir",
        "images",
        sensitive="keyring",
        shared=True,
    ),
    "pbs": _plugin(
        "server datastore",
        "namespace port username password encryption-key master-pubkey fingerprint prune-backups max-protected-backups",
        "backup none",
        "backup",
        sensitive="password encryption-key master-pubkey",
        shared=True,
    ),
    "esxi": _plugin(
        "",
        "skip-cert-verification port",
        "import",
        "import",
        required="server username password",
        sensitive="password",
    ),
}
