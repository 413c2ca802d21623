// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { useWords } from "@/words";
import { classes } from "../classes";
import { diffLines, formatPlain, listChanges, type FieldChange } from "./compare";
import styles from "./diff.module.css";

/** Fields with what they are and what they will be. */
export function FieldDiff({ changes }: { changes: readonly FieldChange[] }): ReactNode {
  const words = useWords();
  if (!changes.length) return <p className={styles.none}>{words.parts.noDifference}</p>;
  return (
    <dl className={styles.fields}>
      {changes.map(({ name, before, after }) => (
        <div key={name} className={styles.field}>
          <dt className={styles.name}>{name}</dt>
          <dd className={styles.sides}>
            <Side label={words.parts.before} value={before} kind="removed" />
            <span className={styles.arrow} aria-hidden>
              →
            </span>
            <Side label={words.parts.after} value={after} kind="added" />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Side({ label, value, kind }: { label: string; value: unknown; kind: "added" | "removed" }): ReactNode {
  const words = useWords();
  const text = formatPlain(value);
  const Tag = kind === "added" ? "ins" : "del";
  return (
    <span className={styles.side}>
      <span className="unseen">{label}: </span>
      {text ? (
        <Tag className={classes(styles.value, styles[kind])}>{text}</Tag>
      ) : (
        <span className={styles.unset}>{words.parts.notSet}</span>
      )}
    </span>
  );
}

/** Two documents, field by field. */
export function Diff({ before, after }: { before: unknown; after: unknown }): ReactNode {
  const changes = useMemo(() => listChanges(before, after), [before, after]);
  return <FieldDiff changes={changes} />;
}

/** Two texts as one, line by line. */
export function TextDiff({ before, after, label }: { before: string; after: string; label: string }): ReactNode {
  const words = useWords();
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  if (lines.every(({ kind }) => kind === "gap" || kind === "same"))
    return <p className={styles.none}>{words.parts.noDifference}</p>;
  return (
    <div className={styles.text} role="region" aria-label={label} tabIndex={0}>
      {lines.map((line, index) =>
        line.kind === "gap" ? (
          <div key={index} className={styles.gap}>
            ⋯ {words.count.lines(line.count ?? 0)}
          </div>
        ) : (
          <div key={index} className={classes(styles.line, line.kind !== "same" && styles[line.kind])}>
            <span className={styles.number} aria-hidden>
              {line.before ?? ""}
            </span>
            <span className={styles.number} aria-hidden>
              {line.after ?? ""}
            </span>
            <span className={styles.mark}>{line.kind === "added" ? "+" : line.kind === "removed" ? "−" : " "}</span>
            <code>{line.text}</code>
          </div>
        ),
      )}
    </div>
  );
}
