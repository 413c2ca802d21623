from __future__ import annotations

from typing import Any

from scenarios import Call, Place, Scenario

JOB = "pv-test"


def scenarios(place: Place) -> list[Scenario]:
    existing = {
        "id": JOB,
        "schedule": "03:00",
        "vmid": str(place.vmid(0)),
        "storage": place.backups,
        "enabled": 0,
        "comment": "old",
        "prune-backups": "keep-last=3",
    }

    def one(title: str, /, *prepare: Call, **options: Any) -> Scenario:
        return Scenario(
            title,
            "pve_backup_job",
            {"id": JOB, **options},
            prepare=prepare,
            cleanup=(Call("DELETE", f"/cluster/backup/{JOB}", optional=True),),
            needs=frozenset({"backups"}),
        )

    made = Call("POST", "/cluster/backup", existing)
    return [
        one(
            "a job is made",
            schedule="sat 03:00",
            # It must never run on a cluster that is in use.
            enabled=False,
            vmids=[place.vmid(1), place.vmid(0)],
            storage=place.backups,
            node=place.node,
            comment="Made by a test",
            mode="stop",
            compress="zstd",
            retention={"last": 2, "weekly": 4},
            notes="{{guestname}}\nweekly",
            protected=False,
            repeat_missed=True,
            bwlimit=10240,
            fleecing={"enabled": True, "storage": place.storage},
            performance={"max_workers": 4},
            notification_mode="notification-system",
        ),
        one("a job takes all guests instead", made, all=True, exclude=[place.vmid(0)], notes="all", mode="snapshot"),
        one("options of a job are taken away", made, comment="", retention={}, schedule="*/6:00"),
        one("a job is deleted", made, state="absent"),
    ]
