// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type CSSProperties, type ReactNode } from "react";
import { useMay } from "@/app/session";
import { Button, IconButton } from "@/parts/button/Button";
import { classes } from "@/parts/classes";
import { Icon } from "@/parts/icon/Icon";
import { Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { ToolDialog } from "@/parts/plan/ToolDialog";
import { Badge } from "@/parts/status/Status";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import styles from "./guest.module.css";
import { layOutSnapshots, type GuestDetail } from "./model";
import { guestWords } from "./words";

interface Meant {
  deed: "rollback" | "delete";
  name: string;
}

/** The snapshots of a guest as the tree that they are, and where the guest stands in it. */
export function Snapshots({ guest, onTake }: { guest: GuestDetail; onTake: () => void }): ReactNode {
  const own = usePageWords(guestWords);
  const mayOperate = useMay("operate");
  const [meant, setMeant] = useState<Meant | null>(null);
  const snapshots = guest.snapshots ?? [];
  const parent = guest.config.parent === undefined ? undefined : String(guest.config.parent);
  const take = mayOperate && !guest.template && (
    <Button size="s" icon="snapshot" onClick={onTake}>
      {own.takeSnapshot}
    </Button>
  );
  if (!snapshots.length) {
    return (
      <Empty icon="snapshot" title={own.noSnapshots} actions={take}>
        {own.noSnapshotsNext}
      </Empty>
    );
  }
  return (
    <Stack>
      <Row>{take}</Row>
      <ul className={styles.tree}>
        {layOutSnapshots(snapshots, parent).map(({ snapshot, depth }) => (
          <li
            key={snapshot?.name ?? ""}
            className={classes(styles.branch, !snapshot && styles.here)}
            style={{ "--depth": depth } as CSSProperties}
          >
            <Icon name={snapshot ? "snapshot" : guest.type === "lxc" ? "container" : "guest"} />
            {snapshot ? (
              <>
                <strong className={styles.snapname}>{snapshot.name}</strong>
                {snapshot.vmstate && <Badge quiet>{own.withMemory}</Badge>}
                {snapshot.snaptime ? (
                  <span className={styles.faint}>
                    <Time value={snapshot.snaptime} />
                  </span>
                ) : null}
                <span className={styles.snapText}>{snapshot.description}</span>
                {mayOperate && (
                  <span className={styles.snapActions}>
                    <Button
                      size="s"
                      icon="history"
                      aria-label={own.rollbackTo(snapshot.name)}
                      onClick={() => setMeant({ deed: "rollback", name: snapshot.name })}
                    >
                      {own.rollback}
                    </Button>
                    <IconButton
                      size="s"
                      icon="trash"
                      label={own.deleteSnapshot(snapshot.name)}
                      onClick={() => setMeant({ deed: "delete", name: snapshot.name })}
                    />
                  </span>
                )}
              </>
            ) : (
              <strong>{own.youAreHere}</strong>
            )}
          </li>
        ))}
      </ul>
      {meant?.deed === "rollback" && (
        <ToolDialog
          title={own.rollbackTo(meant.name)}
          description={own.rollbackText}
          tool="rollback_guest"
          apply={own.rollback}
          danger
          given={{ vmid: guest.vmid, snapname: meant.name }}
          without={["name"]}
          initial={guest.status === "running" ? { start: true } : {}}
          onClose={() => setMeant(null)}
        />
      )}
      {meant?.deed === "delete" && (
        <PlanDialog
          title={own.deleteSnapshot(meant.name)}
          tool="delete_snapshot"
          danger
          args={{ vmid: guest.vmid, snapname: meant.name }}
          onClose={() => setMeant(null)}
        />
      )}
    </Stack>
  );
}
