// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { RadioGroup, Checkbox } from "@/parts/fields/Choices";
import { MultiCombobox } from "@/parts/fields/Combobox";
import { NumberInput } from "@/parts/fields/NumberInput";
import { TextInput } from "@/parts/fields/TextInput";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { Stack } from "@/parts/layout/Panel";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { usePageWords } from "@/words";
import { listNodes, listVmids, readKind, type Ha, type HaResource, type HaRule, type RuleKind } from "./model";
import { haWords } from "./words";

const STATES = ["started", "stopped", "disabled", "ignored"] as const;
type AskedState = (typeof STATES)[number];

/** Puts guests under HA, or changes what HA does with one. */
export function ResourceDialog({
  resource,
  name,
  onClose,
}: {
  resource?: HaResource;
  name?: string;
  onClose: () => void;
}): ReactNode {
  const own = usePageWords(haWords);
  const { options } = useGuestOptions();
  const [vmids, setVmids] = useState<readonly string[]>(resource ? [String(resource.vmid)] : []);
  const [state, setState] = useState<AskedState>((resource?.request_state as AskedState | undefined) ?? "started");
  const [restarts, setRestarts] = useState<number | null>(resource?.max_restart ?? null);
  const [moves, setMoves] = useState<number | null>(resource?.max_relocate ?? null);
  return (
    <PlanDialog
      tool="set_guest_ha"
      title={resource ? own.changeTitle(name ?? resource.sid) : own.addTitle}
      description={own.addText}
      apply={resource ? own.changeApply : own.addApply}
      args={
        vmids.length
          ? {
              guests: { vmids: vmids.map(Number) },
              request_state: state,
              ...(restarts !== null && { max_restart: restarts }),
              ...(moves !== null && { max_relocate: moves }),
            }
          : undefined
      }
      onClose={onClose}
    >
      {({ fields }) => (
        <Stack gap="3">
          {!resource && (
            <MultiCombobox
              label={own.guests}
              value={vmids}
              onChange={setVmids}
              options={options}
              error={fields.guests}
              required
            />
          )}
          <RadioGroup
            label={own.state}
            value={state}
            onChange={setState}
            options={STATES.map((value) => ({ value, text: own.states[value], help: own.stateHelp[value] }))}
          />
          <NumberInput
            label={own.maxRestart}
            value={restarts}
            onChange={setRestarts}
            min={0}
            max={10}
            error={fields.max_restart}
            placeholder="1"
          />
          <NumberInput
            label={own.maxRelocate}
            value={moves}
            onChange={setMoves}
            min={0}
            max={10}
            error={fields.max_relocate}
            placeholder="1"
          />
        </Stack>
      )}
    </PlanDialog>
  );
}

/** Takes a guest out of HA. */
export function ReleaseDialog({
  resource,
  name,
  onClose,
}: {
  resource: HaResource;
  name: string;
  onClose: () => void;
}): ReactNode {
  const own = usePageWords(haWords);
  return (
    <PlanDialog
      tool="release_guest_ha"
      title={own.releaseTitle(name)}
      description={own.releaseText}
      apply={own.release}
      args={{ vmid: resource.vmid }}
      danger
      onClose={onClose}
    />
  );
}

const KINDS: readonly RuleKind[] = ["node-affinity", "positive", "negative"];

/** Makes or changes a rule. */
export function RuleDialog({ ha, rule, onClose }: { ha: Ha; rule?: HaRule; onClose: () => void }): ReactNode {
  const own = usePageWords(haWords);
  const { byId } = useGuestOptions();
  const [name, setName] = useState(rule?.rule ?? "");
  const [kind, setKind] = useState<RuleKind>(rule ? readKind(rule) : "negative");
  const [vmids, setVmids] = useState<readonly string[]>(() => (rule ? listVmids(rule).map(String) : []));
  const [nodes, setNodes] = useState<readonly string[]>(() => (rule ? listNodes(rule) : []));
  const [isStrict, setStrict] = useState(rule?.strict ?? false);
  const [comment, setComment] = useState(rule?.comment ?? "");
  const isOfNodes = kind === "node-affinity";
  const args =
    name.trim() && vmids.length && (!isOfNodes || nodes.length)
      ? {
          rule: name.trim(),
          guests: { vmids: vmids.map(Number) },
          ...(isOfNodes ? { nodes: [...nodes], strict: isStrict } : { affinity: kind }),
          ...(comment !== (rule?.comment ?? "") && { comment }),
        }
      : undefined;
  return (
    <PlanDialog
      tool="set_ha_rule"
      title={rule ? own.editRule(rule.rule) : own.ruleTitle}
      apply={own.ruleApply}
      args={args}
      onClose={onClose}
    >
      {({ fields }) => (
        <Stack gap="3">
          {!rule && (
            <TextInput
              label={own.ruleName}
              help={own.ruleNameHelp}
              value={name}
              onChange={setName}
              error={fields.rule}
              required
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <RadioGroup
            label={own.kind}
            value={kind}
            onChange={setKind}
            options={KINDS.filter(
              (value) => !rule || (value === "node-affinity") === (readKind(rule) === "node-affinity"),
            ).map((value) => ({
              value,
              text: own.kinds[value],
              help: own.kindHelp[value],
            }))}
          />
          <MultiCombobox
            label={own.guests}
            help={own.needGuests}
            value={vmids}
            onChange={setVmids}
            options={ha.resources.map(({ vmid, sid }) => ({
              value: String(vmid),
              text: byId.has(vmid) ? `${byId.get(vmid)?.name ?? ""} (${String(vmid)})` : sid,
            }))}
            error={fields.guests}
            required
          />
          {isOfNodes && (
            <>
              <MultiCombobox
                label={own.chosenNodes}
                value={nodes}
                onChange={setNodes}
                options={ha.nodes.map(({ node }) => ({ value: node, text: node }))}
                error={fields.nodes}
                creatable
                required
              />
              <Checkbox label={own.strict} help={own.strictHelp} checked={isStrict} onChange={setStrict} />
            </>
          )}
          <TextInput label={own.comment} value={comment} onChange={setComment} error={fields.comment} />
        </Stack>
      )}
    </PlanDialog>
  );
}
