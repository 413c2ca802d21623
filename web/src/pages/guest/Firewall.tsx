// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button } from "@/parts/button/Button";
import { Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { ToolDialog } from "@/parts/plan/ToolDialog";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { KeyValues } from "@/parts/values/KeyValues";
import { usePageWords, useWords } from "@/words";
import type { GuestDetail } from "./model";
import { guestWords } from "./words";

interface Rule {
  pos: number;
  key?: string | null;
  enable: boolean;
  type: string;
  action: string;
  macro?: string;
  iface?: string;
  source?: string;
  dest?: string;
  proto?: string;
  dport?: string;
  sport?: string;
  comment?: string;
}

interface GuestFirewall {
  options: Record<string, unknown>;
  rules: Rule[];
}

const TONES: Readonly<Record<string, "ok" | "bad">> = { ACCEPT: "ok", DROP: "bad", REJECT: "bad" };

/** The firewall of a guest: its options and rules, in the order in which they hold. */
export function Firewall({ guest }: { guest: GuestDetail }): ReactNode {
  const words = useWords();
  const own = usePageWords(guestWords);
  const mayOperate = useMay("operate");
  const [edit, setEdit] = useState<"add_firewall_rule" | "set_firewall" | null>(null);
  const firewalls = useReadTool<{ firewalls: GuestFirewall[] }>("list_firewall_rules", {
    level: "guest",
    vmid: guest.vmid,
  });
  const firewall = firewalls.data?.firewalls[0];
  const columns = useMemo<Column<Rule>[]>(
    () => [
      { id: "pos", header: "#", value: (rule) => rule.pos, width: 56, align: "end" },
      { id: "type", header: own.direction, value: (rule) => rule.type, width: 90 },
      {
        id: "action",
        header: own.action,
        value: (rule) => rule.action,
        cell: (rule) => (
          <Badge tone={TONES[rule.action] ?? "idle"} quiet icon={TONES[rule.action] === "ok" ? "check" : "close"}>
            {rule.action}
          </Badge>
        ),
        width: 110,
      },
      {
        id: "service",
        header: own.service,
        value: (rule) => [rule.macro, rule.proto, rule.dport].filter(Boolean).join(" "),
        width: 120,
        grow: 1,
      },
      { id: "source", header: own.from, value: (rule) => rule.source, width: 120, grow: 1, wide: true },
      { id: "dest", header: own.to, value: (rule) => rule.dest, width: 120, grow: 1, wide: true },
      { id: "comment", header: own.comment, value: (rule) => rule.comment, width: 140, grow: 2, wide: true },
      {
        id: "enable",
        header: own.inForce,
        value: (rule) => (rule.enable ? words.states.yes : words.states.no),
        width: 90,
        wide: true,
      },
    ],
    [own, words],
  );
  if (firewalls.isError) return <ProblemNote error={firewalls.error} onRetry={() => void firewalls.refetch()} />;
  if (!firewall) return <SkeletonLines lines={6} />;
  const options = Object.entries(firewall.options);
  const isOff = Number(firewall.options.enable ?? 0) !== 1;
  return (
    <Stack>
      {isOff && firewall.rules.length > 0 && <Note tone="warn" title={own.firewallOff} />}
      {mayOperate && (
        <Row>
          <Button size="s" icon="plus" onClick={() => setEdit("add_firewall_rule")}>
            {own.addRule}
          </Button>
          <Button size="s" icon="edit" onClick={() => setEdit("set_firewall")}>
            {own.firewallOptions}
          </Button>
        </Row>
      )}
      {options.length > 0 ? (
        <KeyValues
          columns
          items={options.map(([name, value]) => ({ name: <code>{name}</code>, value: <code>{String(value)}</code> }))}
        />
      ) : firewall.rules.length ? null : (
        <p>{own.noOptions}</p>
      )}
      <DataTable
        id="guest-firewall"
        label={own.rules}
        rows={firewall.rules}
        columns={columns}
        getRowId={(rule) => String(rule.pos)}
        simple
        empty={
          <Empty icon="lock" title={own.noRules}>
            {own.noRulesNext}
          </Empty>
        }
      />
      {edit && (
        <ToolDialog
          title={`${edit === "set_firewall" ? own.firewallOptions : own.addRule}: ${guest.name}`}
          tool={edit}
          given={{ level: "guest", vmid: guest.vmid }}
          without={[
            "name",
            "guests",
            "node",
            "group",
            ...(edit === "set_firewall" ? ["rules", "aliases", "ipsets", "groups", "comment"] : []),
          ]}
          initial={edit === "set_firewall" ? {} : { rules: [{ type: "in", action: "ACCEPT" }] }}
          onClose={() => setEdit(null)}
        />
      )}
    </Stack>
  );
}
