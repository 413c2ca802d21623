// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { Guest } from "@/api/shapes";
import { classes } from "@/parts/classes";
import { Panel } from "@/parts/layout/Panel";
import { CellMeter, Meter } from "@/parts/meter/Meter";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge, Status } from "@/parts/status/Status";
import { GuestName, NodeName } from "@/parts/values/Names";
import { useFormats, usePageWords } from "@/words";
import styles from "./dashboard.module.css";
import { countByNode, listStorages, sortNodes, type Checks, type Overview } from "./model";
import { dashboardWords } from "./words";

const SHOWN_NODES = 8;
const SHOWN_STORAGES = 8;

/** The nodes: those that are down first, then the busiest. */
export function Nodes({
  data,
  guests,
}: {
  data: Overview | undefined;
  guests: readonly Guest[] | undefined;
}): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const counts = useMemo(() => countByNode(guests ?? []), [guests]);
  const all = useMemo(() => sortNodes(data?.nodes ?? []), [data?.nodes]);
  return (
    <Panel
      title={own.nodes}
      icon="node"
      flush
      aside={all.length > SHOWN_NODES ? own.more(all.length - SHOWN_NODES) : undefined}
      actions={
        <Link to="/nodes" className={styles.more}>
          {own.all}
        </Link>
      }
    >
      {!data ? (
        <div className={styles.pad}>
          <SkeletonLines lines={6} />
        </div>
      ) : (
        <ul className={styles.rows}>
          {all.slice(0, SHOWN_NODES).map((node) => {
            const facts = [
              node.uptime ? own.up(formats.duration(node.uptime)) : "",
              counts.has(node.node) ? own.guestsOn(counts.get(node.node) ?? 0) : "",
            ].filter(Boolean);
            return (
              <li key={node.node} className={classes(styles.node, node.status !== "online" && styles.nodeDown)}>
                <span className={styles.nodeName}>
                  <span className={styles.nodeHead}>
                    <NodeName node={node.node} />
                    <Status state={node.status} quiet />
                  </span>
                  <span className={styles.faint}>{facts.join(" · ") || " "}</span>
                </span>
                <Meter label={own.cpu} value={node.status === "online" ? node.cpu : undefined} />
                <Meter
                  label={own.memory}
                  value={node.maxmem && node.status === "online" ? (node.mem ?? 0) / node.maxmem : undefined}
                />
                <Meter
                  label={own.disk}
                  value={node.maxdisk && node.status === "online" ? (node.disk ?? 0) / node.maxdisk : undefined}
                />
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

/** The guests by state and kind. */
export function Guests({ data }: { data: Overview | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const counts = data?.guests;
  const templates = counts?.templates ?? 0;
  const [running, stopped] = [counts?.running ?? 0, counts?.stopped ?? 0];
  const other = Math.max(0, (counts?.total ?? 0) - running - stopped - templates);
  const kinds = [
    { name: "running", count: running, q: "status=running" },
    { name: "stopped", count: stopped, q: "status=stopped" },
    { name: "other", count: other, q: "" },
    { name: "templates", count: templates, q: "status=template" },
  ] as const;
  return (
    <Panel
      title={own.guests}
      icon="guest"
      actions={
        <Link to="/guests" className={styles.more}>
          {own.all}
        </Link>
      }
    >
      {!data ? (
        <SkeletonLines lines={4} />
      ) : (
        <div className={styles.guests}>
          <div className={styles.bar} aria-hidden>
            {kinds.map(({ name, count }) =>
              count ? <span key={name} className={styles[name]} style={{ flexGrow: count }} /> : null,
            )}
          </div>
          <ul className={styles.legend}>
            {kinds
              .filter(({ name, count }) => count || name === "running")
              .map(({ name, count, q }) => (
                <li key={name}>
                  <span className={classes(styles.dot, styles[name])} aria-hidden />
                  {q ? (
                    <Link to="/guests" search={{ q }} className={styles.legendName}>
                      {own.kinds[name]}
                    </Link>
                  ) : (
                    own.kinds[name]
                  )}
                  <span className={styles.legendCount}>{formats.number(count)}</span>
                </li>
              ))}
          </ul>
          {counts?.by_type && (
            <p className={styles.faint}>
              {[
                counts.by_type.qemu ? own.machines(counts.by_type.qemu) : "",
                counts.by_type.lxc ? own.containers(counts.by_type.lxc) : "",
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
          )}
        </div>
      )}
    </Panel>
  );
}

/** Each storage once, the fullest first. */
export function Storages({ data }: { data: Overview | undefined }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  const all = useMemo(() => listStorages(data?.storage ?? []), [data?.storage]);
  const shown = all.slice(0, SHOWN_STORAGES);
  return (
    <Panel
      title={own.storage}
      icon="storage"
      aside={all.length > shown.length ? own.more(all.length - shown.length) : undefined}
      actions={
        <Link to="/storage" className={styles.more}>
          {own.all}
        </Link>
      }
    >
      {!data ? (
        <SkeletonLines lines={6} />
      ) : (
        <ul className={styles.storages}>
          {shown.map((row) => (
            <li key={row.storage}>
              <span className={styles.storageHead}>
                <Link to="/storage" search={{ tab: "content", storage: row.storage }} className={styles.storageName}>
                  {row.storage}
                </Link>
                <span className={styles.storagePlace}>
                  {row.shared
                    ? own.shared
                    : row.nodes > 1
                      ? own.onNodes(row.nodes, row.fullest.node)
                      : own.onNode(row.fullest.node)}
                </span>
                <span className={styles.storageSize}>
                  {row.isDown && row.fullest.part === undefined
                    ? own.down
                    : own.ofBytes(formats.bytes(row.fullest.used ?? 0), formats.bytes(row.fullest.total ?? 0))}
                </span>
              </span>
              <CellMeter label={`${own.storage} ${row.storage}`} value={row.fullest.part ?? 0} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** How well guests are backed up, and what has drifted of the fleets. */
export function Protection({ checks, isPending }: { checks: Checks | undefined; isPending: boolean }): ReactNode {
  const own = usePageWords(dashboardWords);
  const formats = useFormats();
  if (!checks) {
    return isPending ? (
      <Panel title={own.protection} icon="backup">
        <SkeletonLines lines={4} />
      </Panel>
    ) : null;
  }
  const { guests, gaps, oldest, scheduled } = checks.backups;
  const part = guests ? (guests - gaps) / guests : undefined;
  return (
    <Panel
      title={own.protection}
      icon="backup"
      actions={
        <Link to="/storage" search={{ tab: "protection" }} className={styles.more}>
          {own.all}
        </Link>
      }
    >
      <div className={styles.protection}>
        <div className={styles.covered}>
          <Ring part={part} />
          <p>
            <strong className={styles.coveredFigure}>
              {formats.number(guests - gaps)} <small>/ {formats.number(guests)}</small>
            </strong>
            <span className={styles.faint}>{own.protected}</span>
          </p>
        </div>
        <dl className={styles.facts}>
          <div>
            <dt>{own.oldest}</dt>
            <dd>
              {oldest ? (
                <>
                  <GuestName {...oldest} />{" "}
                  <span className={styles.faint}>{own.oldestAgo(formats.duration(oldest.age))}</span>
                </>
              ) : (
                own.none
              )}
            </dd>
          </div>
          {scheduled !== undefined && (
            <div>
              <dt>{own.scheduled}</dt>
              <dd>{own.guestsOn(scheduled)}</dd>
            </div>
          )}
          <div>
            <dt>{own.drift}</dt>
            <dd>
              {checks.fleets?.length ? (
                checks.fleets.map(({ fleet, drifted }) => (
                  <span key={fleet} className={styles.fleet}>
                    <Link to="/fleet/$name" params={{ name: fleet }}>
                      {fleet}
                    </Link>{" "}
                    <Badge tone={drifted ? "warn" : "ok"} icon={drifted ? "drift" : "check"} quiet>
                      {drifted ? own.drifted(drifted) : own.noDrift}
                    </Badge>
                  </span>
                ))
              ) : (
                <>
                  <span className={styles.faint}>{own.noFleet} ·</span> <Link to="/fleet">{own.noFleetNext}</Link>
                </>
              )}
            </dd>
          </div>
        </dl>
      </div>
    </Panel>
  );
}

const AROUND = 2 * Math.PI * 20;

/** A part of a whole as a ring; the figures beside it say the same. */
function Ring({ part }: { part: number | undefined }): ReactNode {
  const known = part ?? 0;
  return (
    <svg
      className={classes(styles.ring, known < 1 && styles.ringOpen)}
      viewBox="0 0 48 48"
      width="48"
      height="48"
      aria-hidden
    >
      <circle cx="24" cy="24" r="20" className={styles.ringTrack} />
      <circle
        cx="24"
        cy="24"
        r="20"
        className={styles.ringBar}
        strokeDasharray={`${String(known * AROUND)} ${String(AROUND)}`}
        transform="rotate(-90 24 24)"
      />
    </svg>
  );
}
