// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { path, post } from "@/api/client";
import { Button } from "@/parts/button/Button";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { showToast } from "@/parts/toast/Toasts";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import styles from "./fleet.module.css";
import { By, ChangedValue, ObjectName, type GoTo } from "./PlanList";
import { shortenPath } from "./planModel";
import { useDrift, type Texts } from "./queries";
import type { Accepted } from "./shapes";
import { fleetWords } from "./words";

export interface DriftPaneProps {
  texts: Texts;
  isApplied: boolean;
  /** Whether the files can be edited here. */
  mayEdit: boolean;
  /** Takes in the texts in which drift is written. */
  onTake: (texts: Readonly<Record<string, string>>) => Promise<void>;
  onGoTo?: GoTo;
}

/** What somebody else has changed since the last apply, and taking it over into the files. */
export function DriftPane({ texts, isApplied, mayEdit, onTake, onGoTo }: DriftPaneProps): ReactNode {
  const own = usePageWords(fleetWords);
  const { name, environment, drafts } = texts;
  const drift = useDrift(name, environment, isApplied);
  const [left, setLeft] = useState<Accepted["left"]>({});
  const accept = useMutation({
    mutationFn: async (paths: string[] | undefined) => {
      const body = {
        ...(environment && { environment }),
        ...(Object.keys(drafts.value).length > 0 && { files: drafts.value }),
        ...(paths && { paths }),
      };
      const accepted = await post<Accepted>(path`/fleets/${name}/accept`, body);
      await onTake(accepted.files);
      return accepted;
    },
    onSuccess: (accepted) => {
      setLeft(accepted.left);
      if (accepted.edits.length) showToast(own.accepted(accepted.edits.length));
      const [first] = accepted.edits;
      if (first) onGoTo?.(first.file, first.line);
    },
  });
  if (!isApplied)
    return (
      <Empty icon="drift" title={own.driftNever}>
        {own.driftNeverNext}
      </Empty>
    );
  if (drift.isError) return <ProblemNote error={drift.error} onRetry={() => void drift.refetch()} />;
  if (!drift.data) return <SkeletonLines lines={6} />;
  const { objects, unread, at } = drift.data;
  const fields = objects.reduce((sum, { changes }) => sum + changes.length, 0);
  return (
    <div className={styles.pane}>
      <div className={styles.paneHead}>
        <span className={styles.faint}>
          {own.looked} <Time value={at} />
        </span>
        <Button size="s" icon="reload" busy={drift.isFetching} onClick={() => void drift.refetch()}>
          {own.look}
        </Button>
      </div>
      {accept.isError && <ProblemNote error={accept.error} />}
      {Object.keys(left).length > 0 && (
        <Note tone="warn" title={own.acceptLeft}>
          <ul>
            {Object.entries(left).map(([field, why]) => (
              <li key={field}>
                <code>{field}</code> {why}
              </li>
            ))}
          </ul>
        </Note>
      )}
      {unread.length > 0 && (
        <Note tone="warn" title={own.unread}>
          <ul>
            {unread.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </Note>
      )}
      {fields === 0 ? (
        <Empty icon="check" title={own.driftNone}>
          {own.driftNoneNext}
        </Empty>
      ) : (
        <>
          <p>{own.driftLead(fields)}</p>
          <ul className={styles.wave}>
            {objects.map((object) => (
              <li key={object.path} className={styles.object}>
                <div className={styles.objectHead}>
                  <ObjectName object={{ ...object, ...pickPlace(object.changes) }} {...(onGoTo && { onGoTo })} />
                  {mayEdit && (
                    <Button
                      size="s"
                      look="quiet"
                      icon="edit"
                      className={styles.end ?? ""}
                      disabled={accept.isPending}
                      onClick={() => accept.mutate(object.changes.map((change) => change.path))}
                    >
                      {own.accept}
                    </Button>
                  )}
                </div>
                <dl className={styles.fields}>
                  {object.changes.map((change) => (
                    <div key={change.path} className={styles.field}>
                      <dt>{shortenPath(change.path, object.path)}</dt>
                      <dd>
                        <ChangedValue before={change.before} after={change.after} />
                        <By author={change.by} />
                      </dd>
                    </div>
                  ))}
                </dl>
              </li>
            ))}
          </ul>
          {mayEdit && (
            <p className={styles.acts}>
              <Button icon="edit" busy={accept.isPending} onClick={() => accept.mutate(undefined)}>
                {own.acceptAll}
              </Button>
              <span className={styles.faint}>{own.toDeclare}</span>
            </p>
          )}
        </>
      )}
    </div>
  );
}

function pickPlace(changes: readonly { file?: string; line?: number }[]): { file?: string; line?: number } {
  const [first] = changes;
  return first?.file && first.line ? { file: first.file, line: first.line } : {};
}
