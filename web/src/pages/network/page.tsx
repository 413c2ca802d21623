// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { Guest } from "@/api/shapes";
import { useSearchValue } from "@/app/useSearchValue";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { readState } from "@/pages/guests/model";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Tabs, type Tab } from "@/parts/tabs/Tabs";
import { CopyButton } from "@/parts/values/CodeBlock";
import { GuestName, NodeName, Tags } from "@/parts/values/Names";
import { usePageWords, useWords } from "@/words";
import { Firewall } from "./Firewall";
import { sortAddress } from "./model";
import styles from "./network.module.css";
import { networkWords } from "./words";

type TabName = "addresses" | "firewall";
type Addressed = Guest & { addresses?: string[] };

/** The addresses of guests, and the firewalls. */
export default function NetworkPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(networkWords);
  const [tab, setTab] = useSearchValue<TabName>("tab", "addresses");
  const tabs: Tab<TabName>[] = [
    { value: "addresses", text: own.addresses, icon: "network", content: <Addresses /> },
    { value: "firewall", text: own.firewall, icon: "audit", content: <Firewall /> },
  ];
  return (
    <>
      <PageHead title={words.nav.network} lead={own.lead} />
      <Panel flush>
        <Tabs label={words.nav.network} tabs={tabs} value={tab} onChange={setTab} />
      </Panel>
    </>
  );
}

function Addresses(): ReactNode {
  const words = useWords();
  const own = usePageWords(networkWords);
  const navigate = useNavigate();
  const network = useReadTool<{ guests: Addressed[] }>("guest_network");
  const columns = useMemo<Column<Addressed>[]>(
    () => [
      {
        id: "name",
        header: words.fields.name,
        value: (guest) => guest.name,
        text: (guest) => `${guest.name} ${String(guest.vmid)}`,
        cell: (guest) => <GuestName {...guest} />,
        width: 170,
        grow: 1,
        fixed: true,
      },
      {
        id: "address",
        header: own.address,
        value: (guest) => sortAddress(guest.addresses?.[0]),
        text: (guest) => guest.addresses?.join(" ") ?? "",
        cell: (guest) =>
          guest.addresses?.length ? (
            <span className={styles.addresses}>
              {guest.addresses.map((address) => (
                <span key={address} className={styles.address}>
                  <code title={address}>{address}</code>
                  <CopyButton text={address} />
                </span>
              ))}
            </span>
          ) : (
            <span className={styles.faint} title={own.noAgent}>
              {own.noAddress}
            </span>
          ),
        width: 190,
        grow: 2,
      },
      {
        id: "status",
        header: words.fields.state,
        value: readState,
        cell: (guest) => <Status state={readState(guest)} quiet />,
        width: 110,
        wide: true,
      },
      {
        id: "node",
        header: words.fields.node,
        value: (guest) => guest.node,
        cell: (guest) => <NodeName node={guest.node} />,
        width: 100,
        wide: true,
      },
      { id: "pool", header: words.fields.pool, value: (guest) => guest.pool, width: 120, wide: true },
      {
        id: "tags",
        header: words.fields.tags,
        value: (guest) => guest.tags?.join(" "),
        cell: (guest) => <Tags tags={guest.tags} />,
        width: 150,
        grow: 1,
        wide: true,
      },
    ],
    [words, own],
  );
  if (network.isError)
    return <ProblemNote error={network.error} what={own.failed} onRetry={() => void network.refetch()} />;
  return (
    <DataTable
      id="addresses"
      label={own.addresses}
      rows={network.data?.guests}
      columns={columns}
      getRowId={(guest) => String(guest.vmid)}
      onOpen={(guest) => void navigate({ to: "/guests/$vmid", params: { vmid: String(guest.vmid) } })}
      sort={{ id: "address" }}
      empty={
        <Empty icon="network" title={own.none}>
          {own.noneNext}
        </Empty>
      }
    />
  );
}
