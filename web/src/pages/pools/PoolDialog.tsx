// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import { Checkbox } from "@/parts/fields/Choices";
import { MultiCombobox } from "@/parts/fields/Combobox";
import { TextInput } from "@/parts/fields/TextInput";
import { useGuestOptions } from "@/parts/fields/useGuestOptions";
import { Stack } from "@/parts/layout/Panel";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { usePageWords } from "@/words";
import { poolsWords } from "./words";

export interface Pool {
  pool: string;
  comment: string;
  vmids: number[];
  storages: string[];
}

/** Makes a pool, or gives one exactly these members. */
export function PoolDialog({ pool, onClose }: { pool: Pool | undefined; onClose: () => void }): ReactNode {
  const own = usePageWords(poolsWords);
  const { options } = useGuestOptions();
  const storages = useReadTool<{ storage: { storage: string }[] }>("list_storage");
  const [name, setName] = useState(pool?.pool ?? "");
  const [comment, setComment] = useState(pool?.comment ?? "");
  const [vmids, setVmids] = useState<readonly string[]>(() => (pool?.vmids ?? []).map(String));
  const [places, setPlaces] = useState<readonly string[]>(pool?.storages ?? []);
  const [isMove, setMove] = useState(false);
  const known = [...new Set(storages.data?.storage.map((each) => each.storage))];
  const args = name.trim()
    ? {
        pool: name.trim(),
        ...(comment !== (pool?.comment ?? "") && { comment }),
        ...((vmids.length || pool) && { vmids: vmids.map(Number) }),
        ...((places.length || pool) && { storages: [...places] }),
        ...(pool && { purge: true }),
        ...(isMove && { move: true }),
      }
    : undefined;
  return (
    <PlanDialog
      tool="set_pool"
      args={args}
      title={pool ? own.editTitle(pool.pool) : own.addTitle}
      apply={pool ? own.editApply : own.addApply}
      onClose={onClose}
    >
      {({ fields }) => (
        <Stack gap="3">
          {!pool && (
            <TextInput
              label={own.name}
              help={own.nameHelp}
              value={name}
              onChange={setName}
              error={fields.pool}
              required
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <TextInput label={own.comment} value={comment} onChange={setComment} error={fields.comment} />
          <MultiCombobox
            label={own.guests}
            value={vmids}
            onChange={setVmids}
            options={options}
            error={fields.vmids}
            {...(pool && { help: own.editHelp })}
          />
          <MultiCombobox
            label={own.storages}
            value={places}
            onChange={setPlaces}
            options={known.map((value) => ({ value, text: value }))}
            error={fields.storages}
          />
          <Checkbox label={own.move} help={own.moveHelp} checked={isMove} onChange={setMove} />
        </Stack>
      )}
    </PlanDialog>
  );
}
