// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { toProblem } from "@/api/problem";
import { useReadTool } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { ButtonLink } from "@/parts/button/Button";
import { ActionDialog } from "@/parts/guest/ActionDialog";
import type { ActionName } from "@/parts/guest/actions";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge, Status } from "@/parts/status/Status";
import { Tabs, type Tab } from "@/parts/tabs/Tabs";
import { NodeName, Tags } from "@/parts/values/Names";
import { useFormats, usePageWords, useWords } from "@/words";
import { Actions } from "./Actions";
import { Backups } from "./Backups";
import { Changes } from "./Changes";
import { Configuration } from "./Configuration";
import { Firewall } from "./Firewall";
import styles from "./guest.module.css";
import { listPending, type GuestDetail } from "./model";
import { Network } from "./Network";
import { Runs } from "./Runs";
import { Snapshots } from "./Snapshots";
import { Summary } from "./Summary";
import { guestWords } from "./words";

const route = getRouteApi("/inside/guests/$vmid");
type TabName = keyof (typeof guestWords)["en"]["tabs"];

/** One guest: how it is, what it is made of, what was done with it, and what can be done. */
export default function GuestPage(): ReactNode {
  const { vmid } = route.useParams();
  const words = useWords();
  const own = usePageWords(guestWords);
  const isId = /^[1-9]\d{2,8}$/.test(vmid);
  const query = useReadTool<{ guests: GuestDetail[] }>("get_guest", { vmid: Number(vmid) }, isId);
  const found = query.data?.guests[0];
  // While another guest is read, that of before is not this one.
  const guest = found?.vmid === Number(vmid) ? found : undefined;
  if (!isId || (query.isError && toProblem(query.error).code === "not_found")) return <Missing vmid={vmid} />;
  if (query.isError && !guest) {
    return (
      <>
        <PageHead title={`${words.nav.guest} ${vmid}`} up={{ to: "/guests", text: own.up }} />
        <ProblemNote error={query.error} what={own.failed} onRetry={() => void query.refetch()} />
      </>
    );
  }
  return <Shown key={vmid} vmid={vmid} guest={guest} readAt={query.dataUpdatedAt} />;
}

interface ShownProps {
  vmid: string;
  guest: GuestDetail | undefined;
  readAt: number;
}

function Shown({ vmid, guest, readAt }: ShownProps): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const [tab, setTab] = useSearchValue<TabName>("tab", "summary");
  const [action, setAction] = useState<ActionName | null>(null);
  const parts: Record<TabName, (guest: GuestDetail) => ReactNode> = {
    summary: (shown) => <Summary guest={shown} readAt={readAt} />,
    config: (shown) => <Configuration guest={shown} />,
    snapshots: (shown) => <Snapshots guest={shown} onTake={() => setAction("snapshot")} />,
    backups: (shown) => <Backups guest={shown} onBackUp={() => setAction("backup")} />,
    firewall: (shown) => <Firewall guest={shown} />,
    network: (shown) => <Network guest={shown} />,
    changes: (shown) => <Changes guest={shown} />,
    runs: (shown) => <Runs guest={shown} />,
  };
  const icons = {
    ...({ summary: "dashboard", config: "settings", snapshots: "snapshot", backups: "backup" } as const),
    ...({ firewall: "lock", network: "network", changes: "history", runs: "run" } as const),
  };
  const tabs = (Object.keys(parts) as TabName[]).map((name): Tab<TabName> => ({
    value: name,
    text: own.tabs[name],
    icon: icons[name],
    content: <div className={styles.tab}>{guest ? parts[name](guest) : <SkeletonLines lines={8} />}</div>,
    ...(name === "snapshots" && guest?.snapshots?.length && { count: guest.snapshots.length }),
  }));
  return (
    <>
      <PageHead
        title={guest?.name ?? `${words.nav.guest} ${vmid}`}
        aside={guest && <Status state={guest.template ? "template" : (guest.state ?? guest.status)} />}
        lead={guest ? <Facts guest={guest} /> : " "}
        up={{ to: "/guests", text: own.up }}
        actions={guest && <Actions guest={guest} onChoose={setAction} />}
      />
      <Stack>
        {guest?.lock && (
          <Note tone="warn" icon="lock" title={own.locked(guest.lock)}>
            {own.lockedNext}
          </Note>
        )}
        <Panel flush>
          <Tabs label={guest?.name ?? vmid} tabs={tabs} value={tab in parts ? tab : "summary"} onChange={setTab} />
        </Panel>
      </Stack>
      {action && guest && (
        <ActionDialog action={action} guests={[guest]} tags={guest.tags ?? []} onClose={() => setAction(null)} />
      )}
    </>
  );
}

function Facts({ guest }: { guest: GuestDetail }): ReactNode {
  const own = usePageWords(guestWords);
  const formats = useFormats();
  const pending = listPending(guest.pending).length;
  return (
    <Row gap="3">
      <span>
        {own.kinds[guest.type]} <code>{guest.vmid}</code>
      </span>
      <NodeName node={guest.node} />
      <Tags tags={guest.tags} />
      {guest.hastate && (
        <Badge icon="ha" tone={guest.hastate === "error" ? "bad" : "info"} quiet>
          {own.haBadge(guest.hastate)}
        </Badge>
      )}
      {Number(guest.config.protection ?? 0) === 1 && (
        <Badge icon="lock" tone="ok" quiet>
          {own.protectedBadge}
        </Badge>
      )}
      {pending > 0 && (
        <Badge icon="hourglass" tone="warn" quiet>
          {own.pendingBadge(formats.number(pending))}
        </Badge>
      )}
    </Row>
  );
}

function Missing({ vmid }: { vmid: string }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  return (
    <>
      <PageHead title={`${words.nav.guest} ${vmid}`} up={{ to: "/guests", text: own.up }} />
      <Panel>
        <Empty
          icon="guest"
          title={own.missing(vmid)}
          actions={
            <ButtonLink to="/guests" look="primary" icon="guest">
              {own.toGuests}
            </ButtonLink>
          }
        >
          {own.missingNext}
        </Empty>
      </Panel>
    </>
  );
}
