// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { useMay, useSession } from "@/app/session";
import { Button, ButtonAnchor } from "@/parts/button/Button";
import { Checkbox } from "@/parts/fields/Choices";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { usePageWords } from "@/words";
import styles from "./node.module.css";
import { nodeWords } from "./words";

/** Moves the guests of a node away, and back; and opens its shell. */
export function Acts({ node, isOnline }: { node: string; isOnline: boolean }): ReactNode {
  const own = usePageWords(nodeWords);
  const mayConsole = useMay("console");
  const { mode } = useSession();
  const [act, setAct] = useState<"drain" | "back" | null>(null);
  const [hasDisks, setDisks] = useState(true);
  const [isRestart, setRestart] = useState(false);
  const options = { ...(hasDisks && { with_local_disks: true }), ...(isRestart && { restart: true }) };
  const isDrain = act === "drain";
  return (
    <>
      {mayConsole && mode === "apply" && isOnline && (
        <ButtonAnchor
          icon="console"
          href={`/console?node=${encodeURIComponent(node)}&kind=terminal`}
          target="_blank"
          rel="noopener"
        >
          {own.console}
        </ButtonAnchor>
      )}
      <Button icon="history" onClick={() => setAct("back")}>
        {own.back}
      </Button>
      <Button icon="migrate" onClick={() => setAct("drain")}>
        {own.drain}
      </Button>
      {act && (
        <PlanDialog
          tool={isDrain ? "drain_node" : "return_node"}
          args={isDrain ? { drain: node, ...options } : { return_to: node, ...options }}
          title={isDrain ? own.drainTitle(node) : own.backTitle(node)}
          description={isDrain ? own.drainText : own.backText}
          apply={own.move}
          onClose={() => setAct(null)}
        >
          <div className={styles.form}>
            <Checkbox label={own.localDisks} help={own.localDisksHelp} checked={hasDisks} onChange={setDisks} />
            <Checkbox label={own.restart} help={own.restartHelp} checked={isRestart} onChange={setRestart} />
          </div>
        </PlanDialog>
      )}
    </>
  );
}
