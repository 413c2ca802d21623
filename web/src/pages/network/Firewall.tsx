// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useSearchValue } from "@/app/useSearchValue";
import { Select } from "@/parts/fields/Select";
import { Row } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { GuestName, NodeName } from "@/parts/values/Names";
import { usePageWords } from "@/words";
import { isOn, listRules, nameFirewall, type Firewall as OneFirewall, type RuleRow } from "./model";
import styles from "./network.module.css";
import { networkWords } from "./words";

const LEVELS = ["cluster", "node", "guest", "group"] as const;
type Level = (typeof LEVELS)[number];

/** The rules of the firewalls of a level, in the order in which each is looked through. */
export function Firewall(): ReactNode {
  const own = usePageWords(networkWords);
  const [level, setLevel] = useSearchValue<Level>("level", "cluster");
  const found = useReadTool<{ firewalls: OneFirewall[] }>("list_firewall_rules", { level });
  const firewalls = found.isPlaceholderData ? undefined : found.data?.firewalls;
  const rows = useMemo(() => firewalls && listRules(firewalls), [firewalls]);
  const columns = useMemo<Column<RuleRow>[]>(() => {
    const any = <span className={styles.faint}>{own.anything}</span>;
    const code = (text: string | undefined): ReactNode => (text ? <code title={text}>{text}</code> : any);
    return [
      ...(level === "cluster"
        ? []
        : [
            {
              id: "of",
              header: own.of,
              value: (rule: RuleRow) => nameFirewall(rule.firewall),
              cell: ({ firewall }: RuleRow) =>
                firewall.vmid ? (
                  <GuestName vmid={firewall.vmid} name={firewall.name} type={firewall.type} />
                ) : firewall.node ? (
                  <NodeName node={firewall.node} />
                ) : (
                  <strong>{nameFirewall(firewall)}</strong>
                ),
              width: 150,
              grow: 1,
              fixed: true,
            },
          ]),
      { id: "order", header: own.order, value: (rule) => rule.pos, width: 64, align: "end" },
      {
        id: "action",
        header: own.action,
        value: (rule) => rule.action,
        cell: (rule) => (
          <Badge
            quiet
            tone={rule.action === "ACCEPT" ? "ok" : rule.action === "DROP" || rule.action === "REJECT" ? "bad" : "info"}
            icon={
              rule.action === "ACCEPT" ? "check" : rule.action === "DROP" || rule.action === "REJECT" ? "close" : "link"
            }
          >
            {rule.action}
          </Badge>
        ),
        width: 110,
        fixed: true,
      },
      {
        id: "type",
        header: own.type,
        value: (rule) => (own.types as Readonly<Record<string, string>>)[rule.type ?? ""] ?? rule.type,
        width: 95,
      },
      {
        id: "source",
        header: own.source,
        value: (rule) => rule.source,
        cell: (rule) => code(rule.source),
        width: 140,
        grow: 1,
        wide: true,
      },
      {
        id: "dest",
        header: own.dest,
        value: (rule) => rule.dest,
        cell: (rule) => code(rule.dest),
        width: 140,
        grow: 1,
        wide: true,
      },
      {
        id: "proto",
        header: own.proto,
        value: (rule) => rule.macro ?? rule.proto,
        cell: (rule) => code(rule.macro ?? rule.proto),
        width: 95,
        wide: true,
      },
      { id: "port", header: own.port, value: (rule) => rule.dport, cell: (rule) => code(rule.dport), width: 90 },
      { id: "comment", header: own.comment, value: (rule) => rule.comment, width: 140, grow: 2, wide: true },
      {
        id: "on",
        header: own.on,
        value: (rule) => (rule.enable === false ? own.off : own.on),
        cell: (rule) =>
          rule.enable === false ? (
            <Badge icon="minus" quiet>
              {own.off}
            </Badge>
          ) : (
            <Badge tone="ok" icon="check" quiet>
              {own.on}
            </Badge>
          ),
        width: 120,
        wide: true,
      },
    ];
  }, [own, level]);
  if (found.isError) {
    return <ProblemNote error={found.error} what={own.firewallFailed} onRetry={() => void found.refetch()} />;
  }
  const facts = firewalls && [
    own.enabled(firewalls.filter(isOn).length, firewalls.length),
    ...(level === "cluster" ? [own.sets(firewalls[0]?.aliases?.length ?? 0, firewalls[0]?.ipsets?.length ?? 0)] : []),
  ];
  return (
    <DataTable
      id="firewall"
      label={own.firewall}
      rows={rows}
      columns={columns}
      getRowId={(rule) => rule.id}
      filters={
        <Row gap="3">
          <Select
            label={own.level}
            hideLabel
            value={level}
            onChange={setLevel}
            options={LEVELS.map((value) => ({ value, text: own.levels[value] }))}
          />
          <span className={styles.faint} role="status">
            {facts?.join(" · ") ?? " "}
          </span>
        </Row>
      }
      empty={
        <Empty icon="audit" title={own.noRules}>
          {own.noRulesNext}
        </Empty>
      }
    />
  );
}
