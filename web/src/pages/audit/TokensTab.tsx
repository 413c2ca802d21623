// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { path, post } from "@/api/client";
import type { Problem } from "@/api/problem";
import { useResource } from "@/api/queries";
import { Button } from "@/parts/button/Button";
import { Dialog } from "@/parts/dialog/Dialog";
import { MultiCombobox } from "@/parts/fields/Combobox";
import { NumberInput } from "@/parts/fields/NumberInput";
import { TextInput } from "@/parts/fields/TextInput";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { Revoke } from "./Revoke";
import type { Token } from "./shapes";
import { auditWords } from "./words";

const ROLES = ["viewer", "operator", "approver", "admin"].map((value) => ({ value, text: value }));
const TONES = { valid: "ok", revoked: "idle", expired: "idle" } as const;
const DAYS = 90;

/** The tokens of clients: who made them, until when they are valid; new ones, and revoking. */
export function TokensTab(): ReactNode {
  const own = usePageWords(auditWords);
  const tokens = useResource<{ tokens: Token[] }>("/tokens");
  const columns = useMemo<Column<Token>[]>(
    () => [
      {
        id: "name",
        header: own.name,
        value: (token) => token.name,
        cell: (token) => <strong>{token.name}</strong>,
        width: 120,
        grow: 1,
        fixed: true,
      },
      {
        id: "state",
        header: own.state,
        value: (token) => token.state,
        cell: (token) => <Badge tone={TONES[token.state]}>{own.states[token.state]}</Badge>,
        width: 90,
      },
      { id: "roles", header: own.roles, value: (token) => token.roles.join(", "), width: 140, grow: 1, wide: true },
      {
        id: "key",
        header: "ID",
        value: (token) => token.key,
        cell: (token) => <code>{token.key}</code>,
        width: 100,
        wide: true,
      },
      {
        id: "made",
        header: own.made,
        value: (token) => token.made_at,
        cell: (token) => <Time value={token.made_at} />,
        width: 130,
        wide: true,
      },
      { id: "by", header: own.by, value: (token) => token.made_by, width: 110, wide: true },
      {
        id: "until",
        header: own.until,
        value: (token) => token.expires_at,
        cell: (token) => (token.expires_at ? <Time value={token.expires_at} style="day" /> : own.never),
        width: 120,
        wide: true,
      },
      {
        id: "revoke",
        header: own.revoke,
        value: () => null,
        cell: (token) =>
          token.state === "valid" && (
            <Revoke where={path`/tokens/${token.name}`} text={own.revoke} title={own.revokeToken(token.name)}>
              {own.revokeTokenText}
            </Revoke>
          ),
        width: 120,
      },
    ],
    [own],
  );
  if (tokens.isError)
    return <ProblemNote error={tokens.error} what={own.failed} onRetry={() => void tokens.refetch()} />;
  return (
    <DataTable
      id="audit-tokens"
      label={own.tokens}
      rows={tokens.data?.tokens}
      columns={columns}
      getRowId={(token) => token.key}
      filterKey={null}
      actions={<Create />}
      empty={
        <Empty icon="key" title={own.noTokens} actions={<Create />}>
          {own.noTokensNext}
        </Empty>
      }
    />
  );
}

function Create(): ReactNode {
  const own = usePageWords(auditWords);
  const words = useWords();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<string[]>(["viewer"]);
  const [days, setDays] = useState<number | null>(DAYS);
  const create = useMutation<Token & { token: string }, Problem, void>({
    mutationFn: () => post("/tokens", { name: name.trim(), roles, ...(days !== null && { days }) }),
    // The secret is kept nowhere but in this dialog, and goes with it.
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: ["resource"] }),
  });
  const change = (open: boolean): void => {
    setOpen(open);
    create.reset();
    if (open) setName("");
  };
  const fields = create.error?.fields ?? {};
  return (
    <Dialog
      open={isOpen}
      onOpenChange={change}
      trigger={
        <Button size="s" icon="plus">
          {own.create}
        </Button>
      }
      title={create.data ? own.created : own.create}
      actions={
        create.data ? (
          <Button look="primary" onClick={() => change(false)}>
            {words.actions.close}
          </Button>
        ) : (
          <>
            <Button onClick={() => change(false)}>{words.actions.cancel}</Button>
            <Button look="primary" busy={create.isPending} disabled={!name.trim()} onClick={() => create.mutate()}>
              {own.create}
            </Button>
          </>
        )
      }
    >
      {create.data ? (
        <Stack>
          <Note tone="warn" icon="key" title={create.data.name}>
            {own.createdText}
          </Note>
          <CodeBlock label={own.created} text={create.data.token} wrap />
        </Stack>
      ) : (
        <Stack>
          <TextInput
            label={own.name}
            help={own.nameHelp}
            required
            mono
            value={name}
            onChange={setName}
            maxLength={40}
            error={fields.name}
          />
          <MultiCombobox
            label={own.roles}
            help={own.rolesHelp}
            value={roles}
            onChange={setRoles}
            options={ROLES}
            creatable
            error={fields.roles}
          />
          <NumberInput label={own.days} value={days} onChange={setDays} min={1} max={3650} error={fields.days} />
          {create.isError && <ProblemNote error={create.error} bare />}
        </Stack>
      )}
    </Dialog>
  );
}
