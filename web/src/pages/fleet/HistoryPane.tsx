// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { useId, useState, type ReactNode } from "react";
import { Button } from "@/parts/button/Button";
import { Diff } from "@/parts/diff/Diff";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge, Status } from "@/parts/status/Status";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import styles from "./fleet.module.css";
import { useDeclared, useVersions } from "./queries";
import type { Applied } from "./shapes";
import { fleetWords } from "./words";

type Against = "before" | "files";

export interface HistoryPaneProps {
  name: string;
  hasFiles: boolean;
  mayOperate: boolean;
  onBack: (version: number) => void;
}

/** The versions that were applied: when, by whom, what was new in each, and the way back. */
export function HistoryPane({ name, hasFiles, mayOperate, onBack }: HistoryPaneProps): ReactNode {
  const own = usePageWords(fleetWords);
  const versions = useVersions(name);
  if (versions.isError) return <ProblemNote error={versions.error} onRetry={() => void versions.refetch()} />;
  if (!versions.data) return <SkeletonLines lines={6} />;
  if (!versions.data.versions.length)
    return (
      <Empty icon="history" title={own.versionsNone}>
        {own.versionsNoneNext}
      </Empty>
    );
  return (
    <ol className={styles.versions}>
      {versions.data.versions.map((version, index) => (
        <Version
          key={version.revision}
          name={name}
          version={version}
          isNewest={index === 0}
          hasFiles={hasFiles}
          mayOperate={mayOperate}
          onBack={onBack}
        />
      ))}
    </ol>
  );
}

interface VersionProps extends HistoryPaneProps {
  version: Applied;
  isNewest: boolean;
}

function Version({ name, version, isNewest, hasFiles, mayOperate, onBack }: VersionProps): ReactNode {
  const own = usePageWords(fleetWords);
  const id = useId();
  const [against, setAgainst] = useState<Against | null>(null);
  const toggle = (what: Against): void => setAgainst(against === what ? null : what);
  return (
    <li className={styles.version}>
      <div className={styles.versionHead}>
        <strong>{own.revision(version.revision)}</strong>
        {isNewest && (
          <Badge tone="ok" icon="check">
            {own.current}
          </Badge>
        )}
        {version.outcome !== "ok" && <Status state={version.outcome} />}
        <span className={styles.faint}>
          <Time value={version.at} /> {own.appliedBy(version.who)}
        </span>
      </div>
      <p className={styles.versionFacts}>
        {own.changes(version.changes)} · {own.objects(version.objects)} ·{" "}
        <Link to="/runs/$id" params={{ id: version.run_id }}>
          {own.run} <code>{version.run_id.slice(0, 8)}</code>
        </Link>
      </p>
      <p className={styles.acts}>
        <Button
          size="s"
          look="quiet"
          icon={against === "before" ? "up" : "down"}
          aria-expanded={against === "before"}
          aria-controls={id}
          onClick={() => toggle("before")}
        >
          {own.compare}
        </Button>
        {hasFiles && (
          <Button
            size="s"
            look="quiet"
            icon={against === "files" ? "up" : "down"}
            aria-expanded={against === "files"}
            aria-controls={id}
            onClick={() => toggle("files")}
          >
            {own.compareFiles}
          </Button>
        )}
        {mayOperate && !isNewest && (
          <Button size="s" look="quiet" icon="history" onClick={() => onBack(version.revision)}>
            {own.back}
          </Button>
        )}
      </p>
      <div id={id}>{against && <Declared name={name} version={version.revision} against={against} />}</div>
    </li>
  );
}

function Declared({ name, version, against }: { name: string; version: number; against: Against }): ReactNode {
  const own = usePageWords(fleetWords);
  const declared = useDeclared(name, version, against);
  if (declared.isError) return <ProblemNote error={declared.error} />;
  if (!declared.data) return <SkeletonLines lines={3} />;
  if (!declared.data.objects.length)
    return <p className={styles.faint}>{against === "files" ? own.sameAsFiles : own.sameAsBefore}</p>;
  return (
    <ul className={styles.declared}>
      {declared.data.objects.map((object) => (
        <li key={object.path}>
          <strong className={styles.path}>{object.path}</strong>
          <Diff before={object.before ?? undefined} after={object.after ?? undefined} />
        </li>
      ))}
    </ul>
  );
}
