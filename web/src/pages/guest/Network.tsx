// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button } from "@/parts/button/Button";
import { Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { ToolDialog } from "@/parts/plan/ToolDialog";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { KeyValues } from "@/parts/values/KeyValues";
import { usePageWords, useWords } from "@/words";
import styles from "./guest.module.css";
import { listNics, type GuestDetail, type Nic } from "./model";
import { guestWords } from "./words";

/** The network devices of a guest, and the addresses that it has. */
export function Network({ guest }: { guest: GuestDetail }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const mayOperate = useMay("operate");
  const [isEdited, setEdited] = useState(false);
  const network = useReadTool<{ guests: { addresses?: string[] }[] }>(
    "guest_network",
    { vmid: guest.vmid },
    guest.status === "running",
  );
  const addresses = network.data?.guests[0]?.addresses ?? [];
  const nics = useMemo(() => listNics(guest.config), [guest.config]);
  const columns = useMemo<Column<Nic>[]>(
    () => [
      {
        id: "device",
        header: own.device,
        value: (nic) => nic.device,
        cell: (nic) => (
          <>
            <code>{nic.device}</code>{" "}
            {nic.isUnplugged && (
              <Badge tone="warn" quiet>
                {own.unplugged}
              </Badge>
            )}
          </>
        ),
        width: 90,
        grow: 1,
      },
      { id: "model", header: own.model, value: (nic) => nic.model, width: 90, wide: true },
      { id: "mac", header: own.mac, value: (nic) => nic.mac, cell: (nic) => <code>{nic.mac}</code>, width: 160 },
      { id: "bridge", header: own.bridge, value: (nic) => nic.bridge, width: 90 },
      { id: "tag", header: own.vlan, value: (nic) => nic.tag, width: 70, align: "end", wide: true },
      { id: "ip", header: own.ip, value: (nic) => nic.ip, width: 130, grow: 1, wide: true },
      { id: "rate", header: own.limit, value: (nic) => nic.rate && `${nic.rate} MB/s`, width: 90, wide: true },
      {
        id: "firewall",
        header: own.tabs.firewall,
        value: (nic) => (nic.hasFirewall ? words.states.yes : words.states.no),
        width: 90,
        wide: true,
      },
    ],
    [own, words],
  );
  return (
    <Stack>
      {network.isError ? (
        <ProblemNote error={network.error} onRetry={() => void network.refetch()} />
      ) : addresses.length ? (
        <KeyValues items={[{ name: own.addresses, value: <code>{addresses.join(", ")}</code> }]} />
      ) : (
        <p className={styles.faint}>{network.isLoading ? " " : own.noAddresses}</p>
      )}
      {mayOperate && (
        <Row>
          <Button size="s" icon="edit" onClick={() => setEdited(true)}>
            {own.editNics}
          </Button>
        </Row>
      )}
      <DataTable
        id="guest-nics"
        label={own.nics}
        rows={nics}
        columns={columns}
        getRowId={(nic) => nic.device}
        simple
        empty={
          <Empty icon="network" title={own.noNics}>
            {own.noNicsNext}
          </Empty>
        }
      />
      {isEdited && <NicDialog guest={guest} onClose={() => setEdited(false)} />}
    </Stack>
  );
}

const ALL_BUT_NICS = [
  ...["name", "guests", "node", "new_name", "description", "onboot", "startup", "protection", "agent", "boot", "cpu"],
  ...["numa", "machine", "bios", "scsihw", "ostype", "hotplug", "features"],
];

function NicDialog({ guest, onClose }: { guest: GuestDetail; onClose: () => void }): ReactNode {
  const own = usePageWords(guestWords);
  return (
    <ToolDialog
      title={`${own.editNics}: ${guest.name}`}
      tool="configure_guest"
      given={{ vmid: guest.vmid }}
      without={ALL_BUT_NICS}
      first={["nics"]}
      onClose={onClose}
    />
  );
}
