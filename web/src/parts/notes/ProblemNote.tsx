// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { toProblem } from "@/api/problem";
import { useWords } from "@/words";
import { Button } from "../button/Button";
import { classes } from "../classes";
import { Icon } from "../icon/Icon";
import { Prose } from "../values/Prose";
import styles from "./notes.module.css";

export interface ProblemNoteProps {
  error: unknown;
  /** What was tried, such as "The guests can't be shown." */
  what?: ReactNode;
  onRetry?: () => void;
  /** Without its own box, inside of one. */
  bare?: boolean;
}

/** A problem in place: what has failed, why, and what to do. */
export function ProblemNote({ error, what, onRetry, bare }: ProblemNoteProps): ReactNode {
  const words = useWords();
  const problem = toProblem(error);
  const isUnreachable = problem.code === "unreachable" && problem.status === 0;
  const detail = isUnreachable ? words.problems.unreachable : problem.detail;
  const hint = isUnreachable ? words.problems.unreachableNext : problem.hint;
  const fields = Object.entries(problem.fields).filter(([, message]) => message !== problem.detail);
  return (
    <div role="alert" className={classes(styles.note, styles.bad, bare && styles.bare)}>
      <Icon name="bad" size={20} className={styles.sign} />
      <div className={styles.content}>
        {what && <p className={styles.what}>{what}</p>}
        <p className={what ? styles.why : styles.what}>
          <Prose text={detail} />
        </p>
        {fields.length > 0 && (
          <ul className={styles.fields}>
            {fields.map(([name, message]) => (
              <li key={name}>
                <code>{name}</code> <Prose text={message} />
              </li>
            ))}
          </ul>
        )}
        {hint && (
          <p className={styles.next}>
            <Prose text={hint} />
          </p>
        )}
        <p className={styles.more}>
          {onRetry && (
            <Button size="s" icon="reload" onClick={onRetry}>
              {words.actions.retry}
            </Button>
          )}
          {problem.runId && (
            <Link to="/runs/$id" params={{ id: problem.runId }}>
              {words.problems.run}
            </Link>
          )}
          {problem.status !== 0 && (
            <span className={styles.code}>
              {words.problems.code} <code>{problem.code}</code>
            </span>
          )}
        </p>
      </div>
    </div>
  );
}
