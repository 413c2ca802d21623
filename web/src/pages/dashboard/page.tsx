// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useResource, useTools } from "@/api/queries";
import type { Run } from "@/api/shapes";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Meter } from "@/parts/meter/Meter";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge, RunStatus, Status } from "@/parts/status/Status";
import { NodeName } from "@/parts/values/Names";
import { Time } from "@/parts/values/Time";
import { useFormats, usePageWords, useWords } from "@/words";
import { Attention } from "./Attention";
import styles from "./dashboard.module.css";
import { listStorages, sortMatters, sumLoad, sumStorage, type Checks, type Overview } from "./model";
import { dashboardWords } from "./words";

const MOST_STORAGES = 8;

/** The cluster at a glance: what needs attention, how it is, what runs, and what was done. */
export default function DashboardPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(dashboardWords);
  const overview = useResource<Overview>("/overview");
  const checks = useResource<Checks>("/overview/checks");
  const data = overview.data;
  const cluster = data?.cluster;
  if (overview.isError) {
    return (
      <>
        <PageHead title={words.nav.dashboard} />
        <ProblemNote error={overview.error} what={own.failed} onRetry={() => void overview.refetch()} />
      </>
    );
  }
  return (
    <>
      <PageHead
        title={words.nav.dashboard}
        aside={
          cluster && (
            <Badge tone={cluster.quorate === false ? "bad" : "ok"} icon={cluster.quorate === false ? "bad" : "check"}>
              {cluster.quorate === false ? own.noQuorum : own.quorate}
            </Badge>
          )
        }
        lead={cluster ? own.lead(cluster.nodes_online ?? 0, cluster.nodes_total ?? 0, cluster.version ?? "") : " "}
      />
      <Stack>
        <Attention matters={data && sortMatters(data.attention, checks.data?.attention)} isChecking={checks.isPending} />
        <Figures data={data} />
        <div className={styles.columns}>
          <Stack>
            <Nodes data={data} />
            <Storages data={data} />
          </Stack>
          <Stack>
            <Runs title={own.running} runs={data?.running} empty={own.nothingRuns} />
            <Runs title={own.recent} runs={data?.recent} empty={own.noRecent} more />
          </Stack>
        </div>
      </Stack>
    </>
  );
}

function Figures({ data }: { data: Overview | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const load = sumLoad(data?.nodes ?? []);
  const storage = sumStorage(data?.storage ?? []);
  const guests = data?.guests;
  const total = (guests?.total ?? 0) - (guests?.templates ?? 0);
  const aside = [guests?.stopped ? own.stopped(guests.stopped) : "", guests?.templates ? own.templates(guests.templates) : ""];
  return (
    <div className={styles.figures} data-loading={data ? undefined : true}>
      <Figure
        title={own.guests}
        figure={guests ? String(guests.running ?? 0) : "–"}
        text={guests ? [own.guestsRunning(guests.running ?? 0, total), ...aside].filter(Boolean).join(" · ") : " "}
        part={total ? (guests?.running ?? 0) / total : undefined}
        calm
      />
      <Figure title={own.cpu} figure={load.cpu === undefined ? "–" : formats.percent(load.cpu)} text={own.cores(load.cores)} part={load.cpu} />
      <Figure
        title={own.memory}
        figure={load.maxmem ? formats.percent(load.mem / load.maxmem) : "–"}
        text={own.ofBytes(formats.bytes(load.mem), formats.bytes(load.maxmem))}
        part={load.maxmem ? load.mem / load.maxmem : undefined}
      />
      <Figure
        title={own.storage}
        figure={storage.total ? formats.percent(storage.used / storage.total) : "–"}
        text={own.ofBytes(formats.bytes(storage.used), formats.bytes(storage.total))}
        part={storage.total ? storage.used / storage.total : undefined}
      />
    </div>
  );
}

function Figure({ title, figure, text, part, calm }: { title: string; figure: string; text: string; part: number | undefined; calm?: boolean }): ReactNode {
  return (
    <section className={styles.figure}>
      <h2>{title}</h2>
      <p className={styles.number}>{figure}</p>
      <Meter label={text} value={part} text="" {...(calm && { warnAt: 2, badAt: 2 })} />
    </section>
  );
}

function Nodes({ data }: { data: Overview | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  return (
    <Panel title={own.nodes} icon="node" flush>
      {!data ? (
        <div className={styles.pad}>
          <SkeletonLines lines={4} />
        </div>
      ) : (
        <ul className={styles.rows}>
          {data.nodes.map((node) => (
            <li key={node.node} className={styles.node}>
              <span className={styles.nodeName}>
                <NodeName node={node.node} />
                <Status state={node.status} quiet />
                {node.uptime ? <span className={styles.faint}>{own.up(formats.duration(node.uptime))}</span> : null}
              </span>
              <Meter label={own.cpu} value={node.cpu} />
              <Meter label={own.memory} value={node.maxmem ? (node.mem ?? 0) / node.maxmem : undefined} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Storages({ data }: { data: Overview | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const all = listStorages(data?.storage ?? []);
  const shown = all.slice(0, MOST_STORAGES);
  return (
    <Panel title={own.storage} icon="storage" aside={all.length > shown.length ? own.more(all.length - shown.length) : undefined}>
      {!data ? (
        <SkeletonLines lines={4} />
      ) : (
        <div className={styles.storages}>
          {shown.map((place) => (
            <Meter
              key={`${place.storage} ${place.node}`}
              label={
                <>
                  <strong className={styles.storageName}>{place.storage}</strong> {place.shared ? own.shared : own.onNode(place.node)}
                </>
              }
              value={place.part}
              text={place.total ? own.ofBytes(formats.bytes(place.used ?? 0), formats.bytes(place.total)) : "–"}
            />
          ))}
        </div>
      )}
    </Panel>
  );
}

function Runs({ title, runs, empty, more }: { title: string; runs: readonly Run[] | undefined; empty: string; more?: boolean }): ReactNode {
  const own = usePageWords(dashboardWords);
  const tools = useTools();
  return (
    <Panel title={title} icon={more ? "history" : "live"} flush actions={more && <Link to="/runs">{own.allRuns}</Link>}>
      {!runs ? (
        <div className={styles.pad}>
          <SkeletonLines lines={3} />
        </div>
      ) : runs.length ? (
        <ul className={styles.rows}>
          {runs.map((run) => (
            <li key={run.run_id}>
              <Link to="/runs/$id" params={{ id: run.run_id }} className={styles.run}>
                <span className={styles.runHead}>
                  <strong>{tools.data?.find((tool) => tool.name === run.tool)?.title ?? run.tool}</strong>
                  <RunStatus outcome={run.outcome} />
                  <span className={styles.faint}>
                    {run.asker && own.by(run.asker)} · <Time value={run.opened_at} />
                  </span>
                </span>
                {run.summary && <span className={styles.runText}>{run.summary}</span>}
              </Link>
            </li>
          ))}
        </ul>
      ) : (
        <p className={styles.none}>{empty}</p>
      )}
    </Panel>
  );
}
