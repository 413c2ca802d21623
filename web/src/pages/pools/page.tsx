// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button } from "@/parts/button/Button";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { Icon } from "@/parts/icon/Icon";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, PanelGrid } from "@/parts/layout/Panel";
import { Meter } from "@/parts/meter/Meter";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { GuestName } from "@/parts/values/Names";
import { usePageWords, useWords } from "@/words";
import { PoolDialog, type Pool } from "./PoolDialog";
import styles from "./pools.module.css";
import { poolsWords } from "./words";

const SHOWN = 24;

/** The pools with what is in them. */
export default function PoolsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(poolsWords);
  const mayOperate = useMay("operate");
  const pools = useReadTool<{ pools: Pool[] }>("list_pools");
  const [edited, setEdited] = useState<Pool | "new" | null>(null);
  const add = mayOperate && (
    <Button icon="plus" look="primary" onClick={() => setEdited("new")}>
      {own.add}
    </Button>
  );
  return (
    <>
      <PageHead title={words.nav.pools} lead={own.lead} actions={add} />
      {pools.isError ? (
        <ProblemNote error={pools.error} what={own.failed} onRetry={() => void pools.refetch()} />
      ) : pools.data && !pools.data.pools.length ? (
        <Panel>
          <Empty icon="pool" title={own.none}>
            {own.noneNext}
          </Empty>
        </Panel>
      ) : (
        <PanelGrid least="24rem">
          {pools.data
            ? pools.data.pools.map((pool) => (
                <PoolPanel key={pool.pool} pool={pool} onEdit={mayOperate ? () => setEdited(pool) : undefined} />
              ))
            : Array.from({ length: 4 }, (_, index) => (
                <Panel key={index} title=" ">
                  <SkeletonLines lines={4} />
                </Panel>
              ))}
        </PanelGrid>
      )}
      {edited && <PoolDialog pool={edited === "new" ? undefined : edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function PoolPanel({ pool, onEdit }: { pool: Pool; onEdit: (() => void) | undefined }): ReactNode {
  const words = useWords();
  const own = usePageWords(poolsWords);
  const { byId } = useGuestOptions();
  const guests = pool.vmids.map((vmid) => byId.get(vmid));
  const running = guests.filter((guest) => guest?.status === "running").length;
  const counts = [
    pool.vmids.length ? own.guestCount(pool.vmids.length) : "",
    pool.storages.length ? own.storageCount(pool.storages.length) : "",
  ].filter(Boolean);
  return (
    <Panel
      title={pool.pool}
      icon="pool"
      aside={counts.join(" · ")}
      actions={
        onEdit && (
          <Button size="s" look="quiet" icon="edit" onClick={onEdit} aria-label={`${own.edit}: ${pool.pool}`}>
            {own.edit}
          </Button>
        )
      }
    >
      <div className={styles.pool}>
        {pool.comment && <p className={styles.comment}>{pool.comment}</p>}
        {pool.vmids.length > 0 && (
          <Meter
            label={own.running(running, pool.vmids.length)}
            value={running / pool.vmids.length}
            text=""
            warnAt={2}
            badAt={2}
          />
        )}
        {pool.vmids.length > 0 && (
          <ul className={styles.members}>
            {pool.vmids.slice(0, SHOWN).map((vmid) => {
              const guest = byId.get(vmid);
              return (
                <li key={vmid}>
                  <GuestName vmid={vmid} name={guest?.name} type={guest?.type} template={guest?.template} />
                  {guest?.status === "stopped" && !guest.template && (
                    <Icon name="stop" className={styles.down} label={words.states.stopped} />
                  )}
                </li>
              );
            })}
            {pool.vmids.length > SHOWN && <li className={styles.faint}>{own.more(pool.vmids.length - SHOWN)}</li>}
          </ul>
        )}
        {pool.storages.length > 0 && (
          <ul className={styles.members}>
            {pool.storages.map((storage) => (
              <li key={storage}>
                <Icon name="storage" />
                <Link to="/storage" search={{ tab: "content", storage }}>
                  {storage}
                </Link>
              </li>
            ))}
          </ul>
        )}
        {!counts.length && <p className={styles.faint}>{own.empty}</p>}
      </div>
    </Panel>
  );
}
