// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { ClusterNode, Storage } from "@/api/shapes";
import { usePageWords, useWords } from "@/words";
import { Button } from "../button/Button";
import { Dialog } from "../dialog/Dialog";
import { Checkbox } from "../fields/Choices";
import { MultiCombobox } from "../fields/Combobox";
import { Select } from "../fields/Select";
import { TextArea, TextInput } from "../fields/TextInput";
import { Stack } from "../layout/Panel";
import { Empty } from "../notes/Empty";
import { Note } from "../notes/Note";
import { PlanDialog, type PlanDialogProps } from "../plan/PlanDialog";
import { ToolDialog } from "../plan/ToolDialog";
import { ACTIONS, chooseSuiting, nameGuests, type ActedGuest, type ActionName } from "./actions";
import { guestActionWords } from "./words";

export interface ActionDialogProps {
  action: ActionName;
  guests: readonly ActedGuest[];
  /** Tags that others have, to choose from. */
  tags?: readonly string[];
  onClose: () => void;
  onDone?: () => void;
}

type Common = Pick<PlanDialogProps, "title" | "tool" | "apply" | "danger" | "onClose" | "onDone">;

/** One action on one or many guests: what it needs, then one plan for all of them. */
export function ActionDialog({ action, guests, tags, onClose, onDone }: ActionDialogProps): ReactNode {
  const words = useWords();
  const own = usePageWords(guestActionWords);
  const { tool, form, args = {}, isHard } = ACTIONS[action];
  // What was meant when it was opened stays what is planned, also when its state has changed by then.
  const [suiting] = useState(() => chooseSuiting(action, guests));
  const [all] = useState(guests.length);
  const deed = own.actions[action];
  const [only] = suiting;
  const title =
    suiting.length === 1 && only
      ? own.titleOne(deed, only.name ?? String(only.vmid))
      : own.title(deed, suiting.length || all);
  if (!suiting.length) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && onClose()}
        title={title}
        size="s"
        actions={<Button onClick={onClose}>{words.actions.close}</Button>}
      >
        <Empty icon={ACTIONS[action].icon} title={own.none}>
          {own.noneNext}
        </Empty>
      </Dialog>
    );
  }
  const common: Common = {
    title,
    tool,
    apply: deed,
    danger: isHard ?? false,
    onClose,
    ...(onDone && { onDone: () => onDone() }),
  };
  const given = { ...nameGuests(suiting), ...args };
  const note =
    suiting.length < all ? (
      <Note tone="info" title={own.some(suiting.length, all)}>
        {own.someNext}
      </Note>
    ) : null;
  switch (form) {
    case "snapshot":
      return <SnapshotForm common={common} given={given} note={note} guests={suiting} />;
    case "backup":
      return <BackupForm common={common} given={given} note={note} />;
    case "tags":
      return <TagsForm common={common} given={given} note={note} tags={tags ?? []} />;
    case "migrate":
      return <MigrateForm common={common} given={given} note={note} guests={suiting} />;
    case "schema":
      return <ToolDialog {...common} given={given} without={["vmid", "name", "guests", "node"]} />;
    default:
      return <PlanDialog {...common} args={given} {...(note && { description: own.some(suiting.length, all) })} />;
  }
}

interface FormProps {
  common: Common;
  given: Record<string, unknown>;
  note: ReactNode;
}

const SNAPNAME = /^[a-zA-Z][\w-]{1,39}$/;

function SnapshotForm({ common, given, note, guests }: FormProps & { guests: readonly ActedGuest[] }): ReactNode {
  const own = usePageWords(guestActionWords);
  const [snapname, setName] = useState("");
  const [description, setDescription] = useState("");
  const [vmstate, setState] = useState(false);
  const isRight = SNAPNAME.test(snapname);
  const canSave = guests.some(({ type, status }) => type !== "lxc" && status === "running");
  const args = { ...given, snapname, ...(description && { description }), ...(vmstate && { vmstate }) };
  return (
    <PlanDialog {...common} args={isRight ? args : undefined}>
      {({ fields }) => (
        <Stack gap="3">
          {note}
          <TextInput
            label={own.snapname}
            help={own.snapnameHelp}
            error={fields.snapname ?? (snapname.length > 1 && !isRight ? own.snapnameWrong : undefined)}
            required
            mono
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={snapname}
            onChange={setName}
          />
          <TextArea
            label={own.description}
            error={fields.description}
            value={description}
            onChange={setDescription}
            rows={2}
          />
          {canSave && <Checkbox label={own.memory} help={own.memoryHelp} checked={vmstate} onChange={setState} />}
        </Stack>
      )}
    </PlanDialog>
  );
}

/** Names of storages that keep something, as choices. */
export function useStorageOptions(content: string): { value: string; text: string; note?: string }[] | undefined {
  const storages = useReadTool<{ storage: Storage[] }>("list_storage");
  return useMemo(() => {
    if (!storages.data) return undefined;
    const found = new Map<string, Storage>();
    for (const each of storages.data.storage) if (each.content?.includes(content)) found.set(each.storage, each);
    return [...found.values()]
      .map(({ storage, type }) => ({ value: storage, text: storage, ...(type && { note: type }) }))
      .sort((left, right) => left.text.localeCompare(right.text));
  }, [storages.data, content]);
}

function BackupForm({ common, given, note }: FormProps): ReactNode {
  const own = usePageWords(guestActionWords);
  const options = useStorageOptions("backup");
  const [chosen, setChosen] = useState<string | null>(null);
  const [mode, setMode] = useState<"snapshot" | "suspend" | "stop">("snapshot");
  const [notes, setNotes] = useState("");
  const [isProtected, setProtected] = useState(false);
  const storage = chosen ?? options?.[0]?.value ?? null;
  const args = { ...given, storage, mode, ...(notes && { notes }), ...(isProtected && { protected: true }) };
  return (
    <PlanDialog {...common} args={storage ? args : undefined}>
      {({ fields }) => (
        <Stack gap="3">
          {note}
          <Select
            label={own.storage}
            required
            error={fields.storage ?? (options?.length === 0 ? own.noStorage : undefined)}
            value={storage}
            onChange={setChosen}
            options={options ?? []}
          />
          <Select
            label={own.mode}
            value={mode}
            onChange={setMode}
            options={(["snapshot", "suspend", "stop"] as const).map((value) => ({ value, text: own.modes[value] }))}
          />
          <TextInput label={own.notesText} error={fields.notes} value={notes} onChange={setNotes} />
          <Checkbox label={own.protect} checked={isProtected} onChange={setProtected} />
        </Stack>
      )}
    </PlanDialog>
  );
}

function TagsForm({ common, given, note, tags }: FormProps & { tags: readonly string[] }): ReactNode {
  const own = usePageWords(guestActionWords);
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const options = tags.map((tag) => ({ value: tag, text: tag }));
  const args = { ...given, ...(add.length && { add_tags: add }), ...(remove.length && { remove_tags: remove }) };
  return (
    <PlanDialog {...common} args={add.length || remove.length ? args : undefined}>
      {({ fields }) => (
        <Stack gap="3">
          {note}
          <MultiCombobox
            label={own.addTags}
            error={fields.add_tags}
            value={add}
            onChange={setAdd}
            options={options}
            creatable
          />
          <MultiCombobox
            label={own.removeTags}
            error={fields.remove_tags}
            value={remove}
            onChange={setRemove}
            options={options}
            creatable
          />
        </Stack>
      )}
    </PlanDialog>
  );
}

function MigrateForm({ common, given, note, guests }: FormProps & { guests: readonly ActedGuest[] }): ReactNode {
  const own = usePageWords(guestActionWords);
  const words = useWords();
  const nodes = useReadTool<{ nodes: ClusterNode[] }>("list_nodes");
  const [target, setTarget] = useState<string | null>(null);
  const [withLocal, setLocal] = useState(false);
  const [restart, setRestart] = useState(false);
  const [only] = guests;
  const here = guests.length === 1 ? only?.node : undefined;
  const running = guests.filter(({ status }) => status === "running");
  const hasMachines = running.some(({ type }) => type !== "lxc");
  const hasContainers = running.some(({ type }) => type === "lxc");
  const args = { ...given, target, ...(withLocal && { with_local_disks: true }), ...(restart && { restart: true }) };
  return (
    <PlanDialog {...common} args={target ? args : undefined}>
      {({ fields }) => (
        <Stack gap="3">
          {note}
          <Select
            label={own.target}
            required
            error={fields.target}
            value={target}
            onChange={setTarget}
            options={(nodes.data?.nodes ?? [])
              .filter(({ node }) => node !== here)
              .map(({ node, status }) => ({
                value: node,
                text: node,
                ...(status !== "online" && { note: words.states.offline, disabled: true }),
              }))}
          />
          {hasMachines && (
            <Checkbox label={own.withLocal} help={own.withLocalHelp} checked={withLocal} onChange={setLocal} />
          )}
          {hasContainers && (
            <Checkbox label={own.restart} help={own.restartHelp} checked={restart} onChange={setRestart} />
          )}
        </Stack>
      )}
    </PlanDialog>
  );
}
