// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { get } from "@/api/client";
import { keys, useReadTool, useResource } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { PageHead } from "@/parts/layout/PageHead";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { usePageWords, useWords } from "@/words";
import { Attention } from "./Attention";
import styles from "./dashboard.module.css";
import { Figures } from "./Figures";
import { sortMatters, type Checks, type Overview } from "./model";
import { Guests, Nodes, Protection, Storages } from "./Panels";
import { Recent, Running } from "./Runs";
import { dashboardWords } from "./words";

/** The cluster at a glance: what needs attention, how it is, what runs, and what was done. */
export default function DashboardPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(dashboardWords);
  // What waits and what runs is told of by other events than what changes on the cluster.
  const overview = useQuery({
    queryKey: keys.overview,
    queryFn: ({ signal }) => get<Overview>("/overview", undefined, signal),
  });
  const checks = useResource<Checks>("/overview/checks");
  const guests = useReadTool<{ guests: Guest[] }>("list_guests");
  const data = overview.data;
  const cluster = data?.cluster;
  if (overview.isError && !data) {
    return (
      <>
        <PageHead title={words.nav.dashboard} />
        <ProblemNote error={overview.error} what={own.failed} onRetry={() => void overview.refetch()} />
      </>
    );
  }
  const backups = checks.data?.backups;
  const well = data
    ? [
        ...(cluster?.quorate ? [own.wellQuorum] : []),
        own.wellNodes(cluster?.nodes_online ?? 0),
        own.wellStorage,
        own.wellPlans,
        ...(backups?.guests ? [own.wellBackups(backups.guests - backups.gaps)] : []),
        ...(checks.data?.fleets?.length ? [own.wellDrift] : []),
      ]
    : [];
  return (
    <>
      <PageHead
        title={cluster?.name || words.nav.dashboard}
        aside={
          cluster &&
          cluster.quorate !== undefined && (
            <Badge tone={cluster.quorate ? "ok" : "bad"} icon={cluster.quorate ? "check" : "bad"}>
              {cluster.quorate ? own.quorate : own.noQuorum}
            </Badge>
          )
        }
        lead={cluster ? own.lead(cluster.nodes_online ?? 0, cluster.nodes_total ?? 0, cluster.version ?? "") : " "}
      />
      <div className={styles.frame}>
        <div className={styles.page}>
          <div className={styles.attention}>
            <Attention
              matters={data && sortMatters(data.attention, checks.data?.attention)}
              isChecking={checks.isPending}
              well={well}
            />
            {checks.isError && <ProblemNote error={checks.error} onRetry={() => void checks.refetch()} />}
          </div>
          <Figures data={data} />
          <div className={styles.nodes}>
            <Nodes data={data} guests={guests.data?.guests} />
          </div>
          <div className={styles.work}>
            <Running runs={data?.running} />
            <Recent runs={data?.recent} />
          </div>
          <div className={styles.stock}>
            <Guests data={data} />
            <Storages data={data} />
            <Protection checks={checks.data} isPending={checks.isPending} />
          </div>
        </div>
      </div>
    </>
  );
}
