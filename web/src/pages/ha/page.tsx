// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button, IconButton } from "@/parts/button/Button";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { SIGN_OF_TONE } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { GuestName, NodeName } from "@/parts/values/Names";
import { usePageWords, useWords } from "@/words";
import { ReleaseDialog, ResourceDialog, RuleDialog } from "./Dialogs";
import styles from "./ha.module.css";
import { listNodes, listVmids, readAgent, readKind, readTone, type Ha, type HaResource, type HaRule } from "./model";
import { haWords } from "./words";

type Act = { kind: "add" } | { kind: "change" | "release"; resource: HaResource } | { kind: "rule"; rule?: HaRule };

/** High availability: the guests under it, the rules, and the agents of the nodes. */
export default function HaPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(haWords);
  const mayOperate = useMay("operate");
  const { byId } = useGuestOptions();
  const read = useReadTool<{ ha: Ha }>("list_ha");
  const [act, setAct] = useState<Act | null>(null);
  const ha = read.data?.ha;
  const nameOf = (resource: HaResource): string => byId.get(resource.vmid)?.name ?? resource.sid;
  const close = (): void => setAct(null);
  if (read.isError) {
    return (
      <>
        <PageHead title={words.nav.ha} />
        <ProblemNote error={read.error} what={own.failed} onRetry={() => void read.refetch()} />
      </>
    );
  }
  return (
    <>
      <PageHead
        title={words.nav.ha}
        aside={
          ha && (
            <Badge tone={ha.master ? "ok" : "idle"} icon={ha.master ? "ha" : "minus"}>
              {ha.master ? own.master(ha.master) : own.noMaster}
            </Badge>
          )
        }
        lead={ha ? own.lead(ha.resources.length, ha.rules.length) : " "}
        actions={
          mayOperate && (
            <Button look="primary" icon="plus" onClick={() => setAct({ kind: "add" })}>
              {own.add}
            </Button>
          )
        }
      />
      <Stack>
        <Panel title={own.resources} icon="ha" flush>
          <Resources ha={ha} onAct={mayOperate ? setAct : undefined} />
        </Panel>
        <Panel
          title={own.rules}
          icon="link"
          flush
          actions={
            mayOperate &&
            Boolean(ha?.resources.length) && (
              <Button size="s" look="quiet" icon="plus" onClick={() => setAct({ kind: "rule" })}>
                {own.newRule}
              </Button>
            )
          }
        >
          <Rules ha={ha} onAct={mayOperate ? setAct : undefined} />
        </Panel>
        {ha?.nodes.length !== 0 && (
          <Panel title={own.nodes} icon="node">
            {ha ? (
              <ul className={styles.nodes}>
                {ha.nodes.map(({ node, status }) => (
                  <li key={node}>
                    <NodeName node={node} />
                    {ha.master === node && (
                      <Badge tone="info" icon="ha" quiet>
                        {own.leads}
                      </Badge>
                    )}
                    <span className={styles.faint} title={status}>
                      {readAgent(status)}
                    </span>
                  </li>
                ))}
              </ul>
            ) : (
              <SkeletonLines lines={3} />
            )}
          </Panel>
        )}
      </Stack>
      {act?.kind === "add" && <ResourceDialog onClose={close} />}
      {act?.kind === "change" && <ResourceDialog resource={act.resource} name={nameOf(act.resource)} onClose={close} />}
      {act?.kind === "release" && <ReleaseDialog resource={act.resource} name={nameOf(act.resource)} onClose={close} />}
      {act?.kind === "rule" && ha && <RuleDialog ha={ha} {...(act.rule && { rule: act.rule })} onClose={close} />}
    </>
  );
}

interface PartProps {
  ha: Ha | undefined;
  onAct: ((act: Act) => void) | undefined;
}

function Resources({ ha, onAct }: PartProps): ReactNode {
  const words = useWords();
  const own = usePageWords(haWords);
  const { byId } = useGuestOptions();
  const columns = useMemo<Column<HaResource>[]>(
    () => [
      {
        id: "name",
        header: words.fields.name,
        value: (resource) => byId.get(resource.vmid)?.name ?? resource.sid,
        text: (resource) => `${byId.get(resource.vmid)?.name ?? ""} ${resource.sid}`,
        cell: (resource) => (
          <GuestName
            vmid={resource.vmid}
            name={byId.get(resource.vmid)?.name}
            type={resource.sid.startsWith("ct") ? "lxc" : "qemu"}
          />
        ),
        width: 170,
        grow: 2,
        fixed: true,
      },
      {
        id: "state",
        header: own.is,
        value: (resource) => resource.state,
        cell: (resource) => (
          <Badge tone={readTone(resource)} icon={SIGN_OF_TONE[readTone(resource)]} quiet>
            {(own.states as Readonly<Record<string, string>>)[resource.state ?? ""] ?? resource.state}
          </Badge>
        ),
        width: 120,
      },
      {
        id: "asked",
        header: own.asked,
        value: (resource) =>
          (own.states as Readonly<Record<string, string>>)[resource.request_state ?? ""] ?? resource.request_state,
        width: 120,
        wide: true,
      },
      {
        id: "node",
        header: words.fields.node,
        value: (resource) => resource.node,
        cell: (resource) => resource.node && <NodeName node={resource.node} />,
        width: 100,
        wide: true,
      },
      {
        id: "restarts",
        header: own.restarts,
        value: (resource) => resource.max_restart,
        width: 120,
        align: "end",
        wide: true,
      },
      {
        id: "moves",
        header: own.moves,
        value: (resource) => resource.max_relocate,
        width: 120,
        align: "end",
        wide: true,
      },
      { id: "comment", header: own.comment, value: (resource) => resource.comment, width: 120, grow: 2, wide: true },
      ...(onAct
        ? [
            {
              id: "acts",
              header: "",
              value: () => "",
              cell: (resource: HaResource) => (
                <span className={styles.acts}>
                  <IconButton
                    size="s"
                    icon="edit"
                    label={own.change}
                    onClick={() => onAct({ kind: "change", resource })}
                  />
                  <IconButton
                    size="s"
                    icon="close"
                    label={own.release}
                    onClick={() => onAct({ kind: "release", resource })}
                  />
                </span>
              ),
              width: 90,
              align: "end" as const,
              fixed: true,
            },
          ]
        : []),
    ],
    [words, own, byId, onAct],
  );
  return (
    <DataTable
      id="ha-resources"
      label={own.resources}
      rows={ha?.resources}
      columns={columns}
      getRowId={(resource) => resource.sid}
      sort={{ id: "name" }}
      simple={(ha?.resources.length ?? 0) < 12}
      empty={
        <Empty
          icon="ha"
          title={own.none}
          {...(onAct && {
            actions: (
              <Button icon="plus" onClick={() => onAct({ kind: "add" })}>
                {own.add}
              </Button>
            ),
          })}
        >
          {own.noneNext}
        </Empty>
      }
    />
  );
}

function Rules({ ha, onAct }: PartProps): ReactNode {
  const own = usePageWords(haWords);
  const { byId } = useGuestOptions();
  const columns = useMemo<Column<HaRule>[]>(
    () => [
      {
        id: "rule",
        header: own.rule,
        value: (rule) => rule.rule,
        cell: (rule) => <strong>{rule.rule}</strong>,
        width: 150,
        grow: 1,
        fixed: true,
      },
      { id: "kind", header: own.kind, value: (rule) => own.kinds[readKind(rule)], width: 150 },
      {
        id: "guests",
        header: own.guests,
        value: (rule) =>
          listVmids(rule)
            .map((vmid) => byId.get(vmid)?.name ?? String(vmid))
            .join(", "),
        width: 180,
        grow: 2,
      },
      {
        id: "where",
        header: own.where,
        value: (rule) => [listNodes(rule).join(", "), rule.strict ? own.strictWord : ""].filter(Boolean).join(", "),
        width: 150,
        grow: 1,
        wide: true,
      },
      {
        id: "on",
        header: own.active,
        value: (rule) => (rule.disable ? own.disabled : own.active),
        cell: (rule) => (
          <Badge tone={rule.disable ? "idle" : "ok"} icon={rule.disable ? "minus" : "check"} quiet>
            {rule.disable ? own.disabled : own.active}
          </Badge>
        ),
        width: 110,
        wide: true,
      },
      { id: "comment", header: own.comment, value: (rule) => rule.comment, width: 120, grow: 1, wide: true },
      ...(onAct
        ? [
            {
              id: "acts",
              header: "",
              value: () => "",
              cell: (rule: HaRule) => (
                <IconButton
                  size="s"
                  icon="edit"
                  label={own.editRule(rule.rule)}
                  onClick={() => onAct({ kind: "rule", rule })}
                />
              ),
              width: 70,
              align: "end" as const,
              fixed: true,
            },
          ]
        : []),
    ],
    [own, byId, onAct],
  );
  return (
    <DataTable
      id="ha-rules"
      label={own.rules}
      rows={ha?.rules}
      columns={columns}
      getRowId={(rule) => rule.rule}
      sort={{ id: "rule" }}
      simple
      empty={
        <Empty icon="link" title={own.noRules}>
          {own.noRulesNext}
        </Empty>
      }
    />
  );
}
