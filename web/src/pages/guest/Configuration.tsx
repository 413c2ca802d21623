// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { useMay } from "@/app/session";
import { Button } from "@/parts/button/Button";
import { FieldDiff } from "@/parts/diff/Diff";
import { Row, Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ToolDialog } from "@/parts/plan/ToolDialog";
import { usePageWords } from "@/words";
import styles from "./guest.module.css";
import { groupOptions, listPending, type GuestDetail } from "./model";
import { guestWords } from "./words";

const EDITS = ["configure_guest", "resize_guest", "move_guest_disk", "set_cloudinit"] as const;
type Edit = (typeof EDITS)[number];

/** All options of a guest, in groups; what waits for a restart; and the forms that change them. */
export function Configuration({ guest }: { guest: GuestDetail }): ReactNode {
  const own = usePageWords(guestWords);
  const mayOperate = useMay("operate");
  const [edit, setEdit] = useState<Edit | null>(null);
  const pending = listPending(guest.pending);
  const texts: Record<Edit, string> = {
    configure_guest: own.editOptions,
    resize_guest: own.resize,
    move_guest_disk: own.moveDisk,
    set_cloudinit: own.cloudinit,
  };
  return (
    <Stack>
      {mayOperate && (
        <Row>
          {EDITS.filter((name) => name !== "set_cloudinit" || guest.type === "qemu").map((name) => (
            <Button key={name} size="s" icon="edit" onClick={() => setEdit(name)}>
              {texts[name]}
            </Button>
          ))}
        </Row>
      )}
      {pending.length > 0 && (
        <Note tone="warn" icon="hourglass" title={own.pending}>
          <FieldDiff changes={pending} />
        </Note>
      )}
      <div className={styles.groups}>
        {groupOptions(guest.config).map(({ group, options }) => (
          <section key={group} className={styles.group}>
            <h2>{own.groups[group]}</h2>
            <dl className={styles.options}>
              {options.map(([name, value]) => (
                <div key={name}>
                  <dt>
                    <code>{name}</code>
                  </dt>
                  <dd>
                    <code>{value}</code>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {edit && (
        <ToolDialog
          title={`${texts[edit]}: ${guest.name}`}
          tool={edit}
          given={{ vmid: guest.vmid }}
          without={["name", "guests", "node"]}
          onClose={() => setEdit(null)}
        />
      )}
    </Stack>
  );
}
