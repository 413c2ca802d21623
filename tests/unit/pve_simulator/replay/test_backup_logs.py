"""Backup logs of other guests than ours."""

from __future__ import annotations

from pve_simulator.replay.backup_logs import is_backup_log, read_backup_log
from pve_simulator.replay.compare import Comparison


def section(vmid: int, *lines: str) -> list[str]:
    return [f"INFO: Starting Backup of VM {vmid} (qemu)", *lines, "INFO: Backup finished at DATE"]


def page(*lines: str) -> list[dict[str, object]]:
    return [{"n": number, "t": line} for number, line in enumerate(lines, start=1)]


def differences(recorded, mine) -> list[str]:
    comparison = Comparison(
        expected=lambda entry: entry.get("vmid") != 112, unexpected=lambda entry: entry.get("vmid") != 105
    )
    comparison.compare(recorded, mine)
    return comparison.differences


END = ("INFO: Backup job finished successfully", "TASK OK")


def test_a_log_comes_apart_by_guest_and_drops_what_the_page_cuts_off():
    log = read_backup_log([*section(1, "a"), "ERROR: x", "INFO: Starting Backup of VM 2 (lxc)", "b"])

    assert (log.sections, log.rest, log.complete) == ({1: section(1, "a")}, ["ERROR: x"], False)
    assert not is_backup_log(["TASK OK"])


def test_guests_that_only_one_cluster_had_do_not_count():
    recorded = page(*section(112, "a"), *section(170, "b"), *END)

    assert differences(recorded, page(*section(105, "c"), *section(170, "b"), *END)) == []
    assert len(differences(recorded, page(*section(170, "other"), *END))) == 1
    assert len(differences(recorded, page(*section(112, "a"), *section(171, "b"), *END))) == 2


def test_what_belongs_to_no_guest_counts_when_both_logs_are_whole():
    recorded = page(*section(170, "b"), *END)

    assert len(differences(recorded, page(*section(170, "b"), "INFO: Backup job finished with errors", "TASK OK"))) == 1
    assert differences(recorded, page(*section(170, "b"))) == []
