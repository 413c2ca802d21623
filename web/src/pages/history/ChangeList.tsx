// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { type ReactNode } from "react";
import { FieldDiff } from "@/parts/diff/Diff";
import type { IconName } from "@/parts/icon/Icon";
import type { Tone } from "@/parts/notes/Note";
import { Badge } from "@/parts/status/Status";
import { GuestName, NodeName } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { useFormats, usePageWords } from "@/words";
import styles from "./history.module.css";
import { groupByDay, type HistoryChange } from "./model";
import { historyWords } from "./words";

const LOOKS: Readonly<Record<HistoryChange["what"], { tone: Tone; icon: IconName }>> = {
  appeared: { tone: "ok", icon: "plus" },
  changed: { tone: "info", icon: "edit" },
  gone: { tone: "warn", icon: "minus" },
  back: { tone: "ok", icon: "history" },
};

/** Changes by day: when, what of what, who, and each field before and after. */
export function ChangeList({ changes }: { changes: readonly HistoryChange[] }): ReactNode {
  const formats = useFormats();
  return (
    <>
      {groupByDay(changes).map(({ day, changes: ofDay }) => (
        <section key={day} className={styles.day}>
          <h3 className={styles.dayName}>{formats.time(Date.parse(day), "day")}</h3>
          <ol>
            {ofDay.map((change, index) => (
              <ChangeItem key={`${change.at} ${change.kind} ${change.key} ${String(index)}`} change={change} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

function ChangeItem({ change }: { change: HistoryChange }): ReactNode {
  const own = usePageWords(historyWords);
  const formats = useFormats();
  const kinds: Readonly<Record<string, string>> = own.kinds;
  const look = LOOKS[change.what];
  return (
    <li className={styles.change}>
      <div className={styles.when}>
        <Time value={change.at} style="clock" />
      </div>
      <div className={styles.body}>
        <div className={styles.head}>
          <Badge tone={look.tone} icon={look.icon} quiet>
            {own.deeds[change.what]}
          </Badge>
          <span className={styles.kind}>{kinds[change.kind] ?? change.kind}</span>
          <Subject change={change} />
          <span className={styles.who}>
            {own.by} <Doer change={change} />
          </span>
        </div>
        {change.not_before && (change.source === "outside" || change.source === "unseen") && (
          <p className={styles.faint}>
            {own.between(
              formats.time(Date.parse(change.not_before), "clock"),
              formats.time(Date.parse(change.at), "clock"),
            )}
          </p>
        )}
        {change.fields && change.fields.length > 0 && (
          <div className={styles.fields}>
            <FieldDiff changes={change.fields.map(({ path, before, after }) => ({ name: path, before, after }))} />
          </div>
        )}
      </div>
    </li>
  );
}

function Subject({ change }: { change: HistoryChange }): ReactNode {
  if (change.kind === "guest" && /^\d+$/.test(change.key))
    return <GuestName vmid={Number(change.key)} name={change.name} plain={change.what === "gone"} />;
  if (change.kind === "node") return <NodeName node={change.key} />;
  return <strong className={styles.subject}>{change.name || change.key}</strong>;
}

/** Who did it: a run of ours, a task of Proxmox VE, or that it is not known. */
function Doer({ change }: { change: HistoryChange }): ReactNode {
  const own = usePageWords(historyWords);
  if (change.run_id && change.source === "run") {
    return (
      <Link to="/runs/$id" params={{ id: change.run_id }} title={own.byRun}>
        {change.who}
      </Link>
    );
  }
  const unknown: Readonly<Record<string, string>> = own.nobody;
  return (
    <>
      <span>{unknown[change.source] ?? change.who}</span>
      {change.source !== "run" &&
        change.upids?.map((upid) => (
          <code key={upid} className={styles.upid} title={own.task}>
            {upid}
          </code>
        ))}
    </>
  );
}
