// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useMay, useSession } from "@/app/session";
import { Button, ButtonAnchor, IconButton } from "@/parts/button/Button";
import { ACTIONS, type ActionName } from "@/parts/guest/actions";
import { guestActionWords } from "@/parts/guest/words";
import { Menu, MenuItem, MenuLine } from "@/parts/menu/Menu";
import { usePageWords } from "@/words";
import { hasSerial, type GuestDetail } from "./model";
import { guestWords } from "./words";

const FIRST: readonly ActionName[] = ["resume", "start", "shutdown"];
const REST: readonly ActionName[] = [
  ...(["reboot", "suspend", "hibernate", "snapshot", "backup", "tags", "migrate", "clone", "ha", "unha"] as const),
  ...(["template", "reset", "stop"] as const),
];

/** What can be done with a guest as it is. Each opens its plan; nothing happens at once. */
export function Actions({
  guest,
  onChoose,
}: {
  guest: GuestDetail;
  onChoose: (action: ActionName) => void;
}): ReactNode {
  const own = usePageWords(guestWords);
  const deeds = usePageWords(guestActionWords);
  const mayOperate = useMay("operate");
  const suits = (name: ActionName): boolean => ACTIONS[name].suits(guest);
  const rest = REST.filter(suits);
  const notes: Readonly<Partial<Record<ActionName, string>>> = deeds.notes;
  return (
    <>
      <Consoles guest={guest} />
      {mayOperate && (
        <>
          {FIRST.filter(suits).map((name) => (
            <Button key={name} icon={ACTIONS[name].icon} onClick={() => onChoose(name)}>
              {deeds.actions[name]}
            </Button>
          ))}
          <Menu align="end" trigger={<IconButton icon="more" look="plain" label={own.more} />}>
            {rest.map((name, index) => [
              ACTIONS[name].isHard && !ACTIONS[rest[index - 1] ?? name].isHard && <MenuLine key={`${name} line`} />,
              <MenuItem
                key={name}
                icon={ACTIONS[name].icon}
                danger={ACTIONS[name].isHard ?? false}
                note={notes[name]}
                onSelect={() => onChoose(name)}
              >
                {deeds.actions[name]}
              </MenuItem>,
            ])}
          </Menu>
        </>
      )}
    </>
  );
}

/** The consoles of a guest that runs, each in a window of its own, for those who may have them. */
function Consoles({ guest }: { guest: GuestDetail }): ReactNode {
  const own = usePageWords(guestWords);
  const may = useMay("console");
  const { mode } = useSession();
  if (!may || mode !== "apply" || guest.status !== "running") return null;
  const kinds =
    guest.type === "lxc"
      ? (["terminal"] as const)
      : hasSerial(guest.config)
        ? (["vnc", "terminal"] as const)
        : (["vnc"] as const);
  const names = {
    vnc: kinds.length > 1 ? own.screen : own.console,
    terminal: kinds.length > 1 ? own.terminal : own.console,
  };
  return kinds.map((kind) => (
    <ButtonAnchor
      key={kind}
      icon="console"
      href={`/console?guest=${String(guest.vmid)}&kind=${kind}`}
      target="_blank"
      rel="noopener"
    >
      {names[kind]}
    </ButtonAnchor>
  ));
}
