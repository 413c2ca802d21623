// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { findLoader } from "@/app/pages";
import { classes } from "@/parts/classes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Panel } from "@/parts/layout/Panel";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Time } from "@/parts/values/Time";
import { useFormats, usePageWords, type Formats } from "@/words";
import styles from "./dashboard.module.css";
import type { Matter } from "./model";
import { dashboardWords } from "./words";

const SIGNS: Readonly<Record<string, IconName>> = {
  frozen: "freeze",
  no_quorum: "bad",
  node_offline: "node",
  storage_full: "storage",
  storage_unavailable: "storage",
  plan_waiting: "approval",
  run_failed: "run",
  backups_missing: "backup",
  drift: "drift",
};

type OwnWords = (typeof dashboardWords)["en"];

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

/** What a matter says, in words. Of a kind that is not known, its name. */
function describeMatter(matter: Matter, own: OwnWords, formats: Formats): string {
  const words = own.matters;
  switch (matter.kind) {
    case "frozen":
      return words.frozen(text(matter.by), text(matter.why));
    case "no_quorum":
      return words.no_quorum(number(matter.online), number(matter.total));
    case "node_offline":
      return words.node_offline(text(matter.node));
    case "storage_full":
      return words.storage_full(text(matter.storage), text(matter.node), formats.percent(number(matter.used) / (number(matter.total) || 1)));
    case "storage_unavailable":
      return words.storage_unavailable(text(matter.storage), text(matter.node));
    case "plan_waiting":
      return words.plan_waiting(text(matter.title), text(matter.asker));
    case "run_failed":
      return words.run_failed(text(matter.summary) || text(matter.tool));
    case "backups_missing":
      return words.backups_missing(number(matter.guests), number(matter.never), text(matter.name));
    case "drift":
      return words.drift(text(matter.fleet), number(matter.objects));
    default:
      return matter.kind;
  }
}

/** Where a matter is looked at. */
function findPlace(matter: Matter): string | undefined {
  switch (matter.kind) {
    case "plan_waiting":
      return `/approvals/${encodeURIComponent(text(matter.plan_id))}`;
    case "run_failed":
      return `/runs/${encodeURIComponent(text(matter.run_id))}`;
    case "backups_missing":
      return findLoader("guest") ? `/guests/${encodeURIComponent(text(matter.vmid))}` : "/guests";
    case "drift":
      return `/fleet/${encodeURIComponent(text(matter.fleet))}`;
    default:
      return undefined;
  }
}

/** The one queue of what somebody should look at, the most urgent first. */
export function Attention({ matters, isChecking }: { matters: readonly Matter[] | undefined; isChecking: boolean }): ReactNode {
  const own = usePageWords(dashboardWords);
  return (
    <Panel title={own.attention} icon="bell" flush aside={isChecking ? own.checking : matters?.length ? String(matters.length) : undefined}>
      {!matters ? (
        <div className={styles.pad}>
          <SkeletonLines lines={2} />
        </div>
      ) : matters.length ? (
        <ul className={styles.matters}>
          {matters.map((matter, index) => (
            <Item key={`${matter.kind} ${String(index)}`} matter={matter} />
          ))}
        </ul>
      ) : (
        <p className={styles.clear}>
          <Icon name="ok" size={20} />
          <span>
            <strong>{own.allClear}</strong> {own.allClearNext}
          </span>
        </p>
      )}
    </Panel>
  );
}

function Item({ matter }: { matter: Matter }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const place = findPlace(matter);
  const content = (
    <>
      <span className={styles.matterSign}>
        <Icon name={SIGNS[matter.kind] ?? "info"} size={20} />
      </span>
      <span className={styles.matterText}>{describeMatter(matter, own, formats)}</span>
      {typeof matter.at === "string" && (
        <span className={styles.faint}>
          <Time value={matter.at} />
        </span>
      )}
      {place && <span className={styles.matterGo}>{matter.kind === "plan_waiting" ? own.decide : own.look}</span>}
      {place && <Icon name="right" />}
    </>
  );
  return (
    <li className={classes(styles.matter, styles[matter.weight])}>
      {place ? (
        <Link to={place} className={styles.matterRow}>
          {content}
        </Link>
      ) : (
        <div className={styles.matterRow}>{content}</div>
      )}
    </li>
  );
}
