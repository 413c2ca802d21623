// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRun, useTools } from "@/api/queries";
import type { Run } from "@/api/shapes";
import { classes } from "@/parts/classes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Panel } from "@/parts/layout/Panel";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { RunStatus } from "@/parts/status/Status";
import { Duration } from "@/parts/values/Names";
import { Time, useNow } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import styles from "./dashboard.module.css";
import { nameAsker } from "./model";
import { dashboardWords } from "./words";

function useTitle(tool: string): string {
  return useTools().data?.find(({ name }) => name === tool)?.title ?? tool;
}

/** What is under way, with what each does now. */
export function Running({ runs }: { runs: readonly Run[] | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  return (
    <Panel
      title={own.running}
      icon="live"
      flush
      aside={runs?.length ? <span className={classes(styles.bubble, styles.busy)}>{runs.length}</span> : undefined}
    >
      {!runs ? (
        <div className={styles.pad}>
          <SkeletonLines lines={1} />
        </div>
      ) : runs.length ? (
        <ul className={styles.rows} aria-live="polite">
          {runs.map((run) => (
            <RunningRun key={run.run_id} run={run} />
          ))}
        </ul>
      ) : (
        <p className={styles.none}>{own.nothingRuns}</p>
      )}
    </Panel>
  );
}

interface Doing {
  running?: { phase: string; said: string[] };
  waits?: string[];
}

function RunningRun({ run }: { run: Run }): ReactNode {
  const own = usePageWords(dashboardWords);
  const title = useTitle(run.tool);
  const doing = useRun(run.run_id).data as (Run & Doing) | undefined;
  const seconds = Math.max(0, (useNow() - Date.parse(run.opened_at)) / 1000);
  return (
    <li>
      <Link to="/runs/$id" params={{ id: run.run_id }} className={styles.run}>
        <span className={styles.runSign}>
          <span className={styles.spinner} aria-hidden />
        </span>
        <span className={styles.runText}>
          <span className={styles.runHead}>
            <strong>{title}</strong>
            <span className={styles.faint}>{nameAsker(run) && own.by(nameAsker(run))}</span>
          </span>
          <span className={styles.runSaid}>
            {doing?.running?.said.at(-1) ?? doing?.running?.phase ?? run.summary ?? " "}
          </span>
        </span>
        <span className={styles.runTime}>
          <Duration seconds={Math.round(seconds)} />
        </span>
      </Link>
    </li>
  );
}

const SIGN_OF: Readonly<Record<string, { icon: IconName; tone: "ok" | "warn" | "bad" | "info" | "idle" }>> = {
  ok: { icon: "check", tone: "ok" },
  planned: { icon: "document", tone: "info" },
  held: { icon: "hourglass", tone: "warn" },
  refused: { icon: "lock", tone: "bad" },
  failed: { icon: "bad", tone: "bad" },
  interrupted: { icon: "warn", tone: "warn" },
  cancelled: { icon: "close", tone: "idle" },
};

/** What was changed, or was to be, and by whom. */
export function Recent({ runs }: { runs: readonly Run[] | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  return (
    <Panel
      title={own.recent}
      icon="history"
      flush
      actions={
        <Link to="/runs" className={styles.more}>
          {own.allRuns}
        </Link>
      }
    >
      {!runs ? (
        <div className={styles.pad}>
          <SkeletonLines lines={6} />
        </div>
      ) : runs.length ? (
        <ol className={styles.rows}>
          {runs.map((run) => (
            <RecentRun key={run.run_id} run={run} />
          ))}
        </ol>
      ) : (
        <p className={styles.none}>{own.noRecent}</p>
      )}
    </Panel>
  );
}

function RecentRun({ run }: { run: Run }): ReactNode {
  const words = useWords();
  const own = usePageWords(dashboardWords);
  const title = useTitle(run.tool);
  const sign = SIGN_OF[run.outcome ?? ""];
  const states = words.states as Readonly<Record<string, string>>;
  return (
    <li>
      <Link to="/runs/$id" params={{ id: run.run_id }} className={styles.run}>
        <span className={classes(styles.runSign, sign && styles[sign.tone])}>
          {sign ? (
            <Icon name={sign.icon} label={states[run.outcome ?? ""] ?? ""} />
          ) : (
            <span className={styles.spinner} aria-hidden />
          )}
        </span>
        <span className={styles.runText}>
          <span className={styles.runHead}>
            <strong>{title}</strong>
            {run.outcome && run.outcome !== "ok" && <RunStatus outcome={run.outcome} />}
          </span>
          <span className={styles.runSaid} title={run.summary ?? undefined}>
            {run.summary || " "}
          </span>
        </span>
        <span className={styles.runTime}>
          <Time value={run.opened_at} />
          <span className={styles.runWho}>{nameAsker(run) && own.by(nameAsker(run))}</span>
        </span>
      </Link>
    </li>
  );
}
