// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useRunPart } from "@/api/queries";
import { Icon } from "@/parts/icon/Icon";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { RunStatus, Status } from "@/parts/status/Status";
import { Duration } from "@/parts/values/Names";
import { usePageWords } from "@/words";
import { listPhases, type RunEvent, type TaskRow } from "./model";
import styles from "./run.module.css";
import { runWords } from "./words";

/** What the playbooks of a run did, phase by phase and task by task, as it happens. */
export function Progress({ id }: { id: string }): ReactNode {
  const own = usePageWords(runWords);
  const tasks = useRunPart<{ events: RunEvent[] }>(id, "tasks");
  if (tasks.isError) return <ProblemNote error={tasks.error} onRetry={() => void tasks.refetch()} />;
  if (!tasks.data) return <SkeletonLines lines={5} />;
  const phases = listPhases(tasks.data.events);
  if (!phases.length) {
    return (
      <Empty icon="hourglass" title={own.noTasks}>
        {own.noTasksNext}
      </Empty>
    );
  }
  return (
    <ol className={styles.phases}>
      {phases.map((phase) => (
        <li key={phase.phase} className={styles.phase}>
          <h3 className={styles.phaseName}>{own.phases[phase.phase]}</h3>
          <ul className={styles.tasks}>
            {phase.tasks.map((task, index) => (
              <TaskItem key={index} task={task} />
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function TaskItem({ task }: { task: TaskRow }): ReactNode {
  const own = usePageWords(runWords);
  return (
    <li className={styles.task}>
      <div className={styles.taskHead}>
        {task.state === "running" ? (
          <RunStatus outcome="running" />
        ) : (
          <Status state={task.state === "skipped" ? "inactive" : task.state} quiet />
        )}
        <span className={styles.taskName}>{task.name}</span>
        {task.seconds !== undefined && (
          <span className={styles.faint}>
            <Duration seconds={task.seconds} />
          </span>
        )}
      </div>
      {task.said.length > 0 && (
        <details className={styles.said} open={task.state === "failed"}>
          <summary>
            <Icon name="code" /> {own.said}
          </summary>
          <pre tabIndex={0}>{task.said.join("\n")}</pre>
        </details>
      )}
    </li>
  );
}
