// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { Icon } from "@/parts/icon/Icon";
import { usePageWords } from "@/words";
import styles from "./fleet.module.css";
import type { GoTo } from "./PlanList";
import type { Finding } from "./shapes";
import { fleetWords } from "./words";

const FIRST = 5;

/** All that is wrong with the files, each a way to its place. */
export function Problems({ findings, onGoTo }: { findings: readonly Finding[]; onGoTo: GoTo }): ReactNode {
  const own = usePageWords(fleetWords);
  const [isWhole, setWhole] = useState(false);
  const errors = findings.filter(({ level }) => level === "error").length;
  const shown = isWhole ? findings : findings.slice(0, FIRST);
  return (
    <section className={styles.problems} aria-label={own.problems}>
      <p className={styles.problemsHead} role="status">
        {findings.length === 0 ? (
          <span className={styles.fine}>
            <Icon name="check" /> {own.noProblems}
          </span>
        ) : (
          <>
            {errors > 0 && (
              <span className={styles.failed}>
                <Icon name="bad" /> {own.errors(errors)}
              </span>
            )}
            {findings.length > errors && (
              <span className={styles.warned}>
                <Icon name="warn" /> {own.warnings(findings.length - errors)}
              </span>
            )}
          </>
        )}
      </p>
      {findings.length > 0 && (
        <ul>
          {shown.map((finding, index) => (
            <li key={index}>
              <button
                type="button"
                className={styles.problem}
                disabled={!finding.file || finding.file.startsWith("--")}
                onClick={() => onGoTo(finding.file, Math.max(finding.line, 1))}
              >
                <Icon
                  name={finding.level === "error" ? "bad" : "warn"}
                  className={finding.level === "error" ? styles.failed : styles.warned}
                />
                <span className={styles.problemText}>
                  <span>
                    {finding.path && <code>{finding.path}</code>} {finding.message}
                  </span>
                  {finding.hint && <span className={styles.hint}>{finding.hint}</span>}
                </span>
                <code className={styles.problemPlace}>
                  {finding.file}
                  {finding.line > 0 && `:${String(finding.line)}:${String(finding.column)}`}
                </code>
              </button>
            </li>
          ))}
        </ul>
      )}
      {findings.length > shown.length && (
        <button type="button" className={styles.moreButton} onClick={() => setWhole(true)}>
          +{findings.length - shown.length}
        </button>
      )}
    </section>
  );
}
