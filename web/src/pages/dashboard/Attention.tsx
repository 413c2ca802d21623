// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { findLoader } from "@/app/pages";
import { Button } from "@/parts/button/Button";
import { classes } from "@/parts/classes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Panel } from "@/parts/layout/Panel";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Time } from "@/parts/values/Time";
import { useFormats, usePageWords, type Formats } from "@/words";
import styles from "./dashboard.module.css";
import { findPlace, readNumber, readText, type Matter } from "./model";
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

/** What a matter says, in words. Of a kind that is not known, its name. */
function describeMatter(matter: Matter, own: OwnWords, formats: Formats): string {
  const words = own.matters;
  const text = (name: string): string => readText(matter[name]);
  const number = (name: string): number => readNumber(matter[name]);
  switch (matter.kind) {
    case "frozen":
      return words.frozen(text("by"), text("why"));
    case "no_quorum":
      return words.no_quorum(number("online"), number("total"));
    case "node_offline":
      return words.node_offline(text("node"));
    case "storage_full":
      return words.storage_full(text("storage"), formats.percent(number("used") / (number("total") || 1)));
    case "storage_unavailable":
      return words.storage_unavailable(text("storage"), text("node"));
    case "plan_waiting":
      return words.plan_waiting(text("title"));
    case "run_failed":
      return text("summary") || words.run_failed(text("tool"));
    case "backups_missing":
      return words.backups_missing(number("guests"));
    case "drift":
      return words.drift(text("fleet"), number("objects"));
    default:
      return matter.kind;
  }
}

/** What it means, or what to do about it. */
function describeNext(matter: Matter, own: OwnWords, formats: Formats): string {
  const words = own.next;
  const text = (name: string): string => readText(matter[name]);
  const number = (name: string): number => readNumber(matter[name]);
  switch (matter.kind) {
    case "storage_full":
      return words.storage_full(formats.bytes(Math.max(0, number("total") - number("used"))));
    case "plan_waiting":
      return words.plan_waiting(text("asker"), text("label"));
    case "run_failed":
      return matter.changed ? words.run_failed_changed(text("tool")) : words.run_failed(text("tool"));
    case "backups_missing":
      return words.backups_missing(number("never"), number("guests"), text("name"));
    case "frozen":
    case "no_quorum":
    case "node_offline":
    case "storage_unavailable":
    case "drift":
      return words[matter.kind];
    default:
      return "";
  }
}

const SHOWN = 8;

export interface AttentionProps {
  matters: readonly Matter[] | undefined;
  isChecking: boolean;
  /** What was looked at and is well, for when everything is. */
  well: readonly string[];
}

/** The one queue of what somebody should look at, the most urgent first. */
export function Attention({ matters, isChecking, well }: AttentionProps): ReactNode {
  const own = usePageWords(dashboardWords);
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? matters : matters?.slice(0, SHOWN);
  const checking = isChecking && (
    <span className={styles.checking} role="status">
      <span className={styles.spinner} aria-hidden />
      {own.checking}
    </span>
  );
  if (matters && !matters.length) {
    return (
      <section className={classes(styles.clear, isChecking && styles.unsure)} aria-label={own.attention}>
        <span className={styles.clearSign}>
          <Icon name="check" size={24} />
        </span>
        <div className={styles.clearText}>
          <h2>{isChecking ? own.clearSoFar : own.allClear}</h2>
          <ul className={styles.well}>
            {well.map((each) => (
              <li key={each}>
                <Icon name="check" />
                {each}
              </li>
            ))}
            {checking && <li>{checking}</li>}
          </ul>
        </div>
      </section>
    );
  }
  return (
    <Panel
      title={own.attention}
      icon="bell"
      flush
      aside={
        <>
          {matters && <span className={styles.bubble}>{matters.length}</span>}
          {checking}
        </>
      }
    >
      {!shown ? (
        <div className={styles.pad}>
          <SkeletonLines lines={3} />
        </div>
      ) : (
        <ul className={styles.matters}>
          {shown.map((matter, index) => (
            <Item key={`${matter.kind} ${String(index)}`} matter={matter} />
          ))}
        </ul>
      )}
      {matters && matters.length > SHOWN && (
        <p className={styles.rest}>
          <Button
            size="s"
            look="quiet"
            icon={isWhole ? "up" : "down"}
            aria-expanded={isWhole}
            onClick={() => setWhole(!isWhole)}
          >
            {isWhole ? own.fewer : own.more(matters.length - SHOWN)}
          </Button>
        </p>
      )}
    </Panel>
  );
}

function Item({ matter }: { matter: Matter }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const found = findPlace(matter);
  const place = found && findLoader(found.page) ? found.href : undefined;
  const go = (own.go as Readonly<Record<string, string>>)[matter.kind] ?? own.look;
  const content = (
    <>
      <span className={styles.matterSign} title={own.weights[matter.weight]}>
        <Icon name={SIGNS[matter.kind] ?? "info"} size={20} label={own.weights[matter.weight]} />
      </span>
      <span className={styles.matterText}>
        <span className={styles.matterTitle}>{describeMatter(matter, own, formats)}</span>
        <span className={styles.matterNext}>
          {describeNext(matter, own, formats)}
          {typeof matter.at === "string" && (
            <>
              {" · "}
              <Time value={matter.at} />
            </>
          )}
        </span>
      </span>
      {place && (
        <span className={styles.matterGo}>
          {go}
          <Icon name="right" />
        </span>
      )}
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
