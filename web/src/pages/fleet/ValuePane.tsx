// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { usePageWords } from "@/words";
import styles from "./fleet.module.css";
import { formatValue } from "./planModel";
import type { GoTo } from "./PlanList";
import { useExplained, type Texts } from "./queries";
import type { ExplainedValue } from "./shapes";
import { fleetWords } from "./words";

export interface ValuePaneProps {
  texts: Texts;
  /** Where the cursor is. */
  at: { file: string; line: number } | null;
  hasErrors: boolean;
  onGoTo: GoTo;
}

/** Where the values of the cursor's line come from, and what they are given in place of. */
export function ValuePane({ texts, at, hasErrors, onGoTo }: ValuePaneProps): ReactNode {
  const own = usePageWords(fleetWords);
  const found = useExplained(texts, at ?? {}, at !== null && !hasErrors);
  if (!at)
    return (
      <Empty icon="search" title={own.where}>
        {own.whereNone}
      </Empty>
    );
  return (
    <div className={styles.pane}>
      <div className={styles.paneHead}>
        <code className={styles.at}>{own.line(at.file, at.line)}</code>
      </div>
      {hasErrors ? (
        <p className={styles.faint}>{own.whereErrors}</p>
      ) : found.isError ? (
        <ProblemNote error={found.error} />
      ) : !found.data ? (
        <SkeletonLines lines={6} />
      ) : found.data.values.length === 0 ? (
        <Empty icon="search" title={own.whereNothing}>
          {own.whereNone}
        </Empty>
      ) : (
        <ul className={styles.explained} aria-busy={found.isFetching}>
          {found.data.values.map((value) => (
            <Explained key={value.path} value={value} onGoTo={onGoTo} />
          ))}
        </ul>
      )}
      {(found.data?.left_out ?? 0) > 0 && <p className={styles.faint}>{own.moreValues(found.data?.left_out ?? 0)}</p>}
    </div>
  );
}

type Source = Pick<ExplainedValue, "value" | "from" | "file" | "line">;

function Explained({ value, onGoTo }: { value: ExplainedValue; onGoTo: GoTo }): ReactNode {
  const own = usePageWords(fleetWords);
  return (
    <li className={styles.value}>
      <p className={styles.valueHead}>
        <code className={styles.valuePath}>{value.path}</code>
        <code className={styles.valueText}>{formatValue(value.value) || "—"}</code>
      </p>
      <ol className={styles.chain}>
        <Link source={value} onGoTo={onGoTo} isFirst />
        {value.template && (
          <li className={styles.link}>
            <span className={styles.how}>{own.madeFrom}</span> <code>{value.template}</code>
          </li>
        )}
        {value.values.map((named) => (
          <li key={named.name}>
            <ol>
              <Link source={named} how={`${own.named} ${named.name}`} onGoTo={onGoTo} />
              {named.overrides.map((below, index) => (
                <Link key={index} source={below} how={own.inPlaceOf} onGoTo={onGoTo} isBelow />
              ))}
            </ol>
          </li>
        ))}
        {value.overrides.map((below, index) => (
          <Link key={index} source={below} how={own.inPlaceOf} onGoTo={onGoTo} isBelow />
        ))}
      </ol>
    </li>
  );
}

function Link({
  source,
  how,
  onGoTo,
  isFirst,
  isBelow,
}: {
  source: Source;
  how?: string;
  onGoTo: GoTo;
  isFirst?: boolean;
  isBelow?: boolean;
}): ReactNode {
  const own = usePageWords(fleetWords);
  const place = `${source.file}:${String(source.line)}`;
  return (
    <li className={styles.link}>
      {how && <span className={styles.how}>{how}</span>}
      {!isFirst && <code className={isBelow ? styles.below : undefined}>{formatValue(source.value) || "—"}</code>}
      <span className={styles.from}>{own.from(source.from)}</span>
      {source.line > 0 && (
        <button
          type="button"
          className={styles.placeButton}
          title={own.goTo(place)}
          onClick={() => onGoTo(source.file, source.line)}
        >
          {place}
        </button>
      )}
    </li>
  );
}
