// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { Button } from "@/parts/button/Button";
import { TextDiff } from "@/parts/diff/Diff";
import { Dialog } from "@/parts/dialog/Dialog";
import { Note } from "@/parts/notes/Note";
import { usePageWords } from "@/words";
import type { OpenFile } from "./drafts";
import styles from "./fleet.module.css";
import type { Clash, Files } from "./useFiles";
import { fleetWords } from "./words";

/** What to do with a file that somebody else has changed since it was read. */
export function ClashDialog({
  clash,
  mine,
  onSolve,
}: {
  clash: Clash;
  mine: OpenFile;
  onSolve: Files["solve"];
}): ReactNode {
  const own = usePageWords(fleetWords);
  const [busy, setBusy] = useState(false);
  const solve = (how: "theirs" | "mine" | "later"): void => {
    setBusy(true);
    void onSolve(how);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && solve("later")}
      size="l"
      title={own.conflictTitle(clash.path)}
      description={own.conflictLead}
      actions={
        <>
          <Button onClick={() => solve("theirs")} disabled={busy}>
            {own.takeTheirs}
          </Button>
          <Button onClick={() => solve("mine")} disabled={busy}>
            {own.keepMine}
          </Button>
          <Button look="primary" onClick={() => solve("later")} disabled={busy}>
            {own.mergeByHand}
          </Button>
        </>
      }
    >
      <div className={styles.dialogBody}>
        {clash.theirs ? (
          <TextDiff before={clash.theirs.text} after={mine.text} label={own.conflictTitle(clash.path)} />
        ) : (
          <Note tone="warn">{own.conflictGone}</Note>
        )}
      </div>
    </Dialog>
  );
}
