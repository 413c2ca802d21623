// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useResource } from "@/api/queries";
import type { FleetRow } from "@/pages/fleet/shapes";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { Link } from "@tanstack/react-router";
import styles from "./fleets.module.css";
import { fleetsWords } from "./words";

const COMMANDS = "playvisor web --fleet ./fleet\nplayvisor fleet import --into ./fleet";

/** All fleets: those that this server has files of, and those that were applied from elsewhere. */
export default function FleetsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(fleetsWords);
  const navigate = useNavigate();
  const fleets = useResource<{ fleets: FleetRow[] }>("/fleets");
  const columns = useMemo<Column<FleetRow>[]>(() => {
    const sections = own.sections as Readonly<Record<string, (number: number) => string>>;
    const describe = (fleet: FleetRow): string =>
      Object.entries(fleet.counts ?? {})
        .map(([section, number]) => sections[section]?.(number) ?? `${String(number)} ${section}`)
        .join(", ");
    return [
      {
        id: "fleet",
        header: own.columns.fleet,
        value: (fleet) => fleet.name,
        text: (fleet) => `${fleet.name} ${fleet.place ?? ""}`,
        cell: (fleet) => (
          <span className={styles.name}>
            <Link to="/fleet/$name" params={{ name: fleet.name }}>
              {fleet.name}
            </Link>
            {fleet.place && <span className={styles.place}>{fleet.place}</span>}
          </span>
        ),
        width: 180,
        grow: 2,
        fixed: true,
      },
      { id: "declares", header: own.columns.declares, value: describe, width: 170, grow: 1, wide: true },
      {
        id: "files",
        header: own.columns.state,
        value: (fleet) => (fleet.has_files ? (fleet.problems ?? 0) : -1),
        cell: (fleet) =>
          !fleet.has_files ? (
            <Badge quiet>{own.elsewhere}</Badge>
          ) : fleet.problems ? (
            <Badge tone="bad" icon="bad" quiet>
              {own.problems(fleet.problems)}
            </Badge>
          ) : (
            <Badge tone="ok" icon="check" quiet>
              {own.fine}
            </Badge>
          ),
        width: 150,
      },
      {
        id: "applied",
        header: own.columns.applied,
        value: (fleet) => fleet.applied?.at,
        cell: (fleet) =>
          fleet.applied ? (
            <span>
              <Time value={fleet.applied.at} /> {own.by(fleet.applied.who)}
            </span>
          ) : (
            <span className={styles.faint}>{own.never}</span>
          ),
        width: 190,
        wide: true,
      },
      {
        id: "drift",
        header: own.columns.drift,
        value: (fleet) => fleet.drift?.fields,
        cell: (fleet) =>
          !fleet.drift ? (
            <span className={styles.faint}>{own.notLooked}</span>
          ) : fleet.drift.fields ? (
            <Badge tone="warn" icon="drift" quiet>
              {own.drifted(fleet.drift.fields)}
            </Badge>
          ) : (
            <Badge tone="ok" icon="check" quiet>
              {own.noDrift}
            </Badge>
          ),
        width: 130,
        wide: true,
      },
      {
        id: "git",
        header: own.columns.git,
        value: (fleet) => fleet.git?.branch,
        cell: (fleet) => {
          const changed = Object.keys(fleet.git?.changed ?? {}).length;
          return fleet.git ? (
            <span className={styles.git}>
              <code>{fleet.git.branch ?? fleet.git.commit?.slice(0, 8)}</code>
              {changed > 0 && <span className={styles.faint}>{own.uncommitted(changed)}</span>}
            </span>
          ) : null;
        },
        width: 190,
        wide: true,
      },
    ];
  }, [own]);
  return (
    <>
      <PageHead title={words.nav.fleets} lead={own.lead} />
      {fleets.isError ? (
        <ProblemNote error={fleets.error} onRetry={() => void fleets.refetch()} />
      ) : (
        <Panel flush>
          <DataTable
            id="fleets"
            label={words.nav.fleets}
            rows={fleets.data?.fleets}
            columns={columns}
            getRowId={(fleet) => fleet.name}
            onOpen={(fleet) => void navigate({ to: "/fleet/$name", params: { name: fleet.name } })}
            sort={{ id: "fleet" }}
            simple
            empty={
              <Empty icon="fleet" title={own.none}>
                <p>{own.noneNext}</p>
                <div className={styles.commands}>
                  <CodeBlock text={COMMANDS} label={own.noneNext} />
                </div>
              </Empty>
            }
          />
        </Panel>
      )}
    </>
  );
}
