// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { Button } from "@/parts/button/Button";
import { ACTIONS, type ActionName } from "@/parts/guest/actions";
import { guestActionWords } from "@/parts/guest/words";
import { Menu, MenuItem, MenuLine } from "@/parts/menu/Menu";
import { useMedia } from "@/parts/table/useMedia";
import { usePageWords } from "@/words";
import { guestsWords } from "./words";

const ORDER: readonly ActionName[] = [
  ...(["start", "shutdown", "reboot", "snapshot", "backup", "tags", "migrate"] as const),
  ...(["suspend", "hibernate", "ha", "unha", "reset", "stop"] as const),
];
const [FEW, MANY] = [4, 7];

/** What can be done with the guests that are selected. Each opens the plan of it. */
export function BulkActions({ onChoose }: { onChoose: (action: ActionName) => void }): ReactNode {
  const own = usePageWords(guestsWords);
  const deeds = usePageWords(guestActionWords);
  const isNarrow = useMedia("(width < 64rem)");
  const isWide = useMedia("(width >= 96rem)");
  const room = isNarrow ? 0 : isWide ? MANY : FEW;
  const beside = ORDER.slice(0, room);
  const below = ORDER.slice(room);
  const notes: Readonly<Partial<Record<ActionName, string>>> = deeds.notes;
  return (
    <>
      {beside.map((name) => (
        <Button key={name} size="s" icon={ACTIONS[name].icon} onClick={() => onChoose(name)}>
          {deeds.actions[name]}
        </Button>
      ))}
      <Menu
        trigger={
          <Button size="s" icon="down" look={isNarrow ? "primary" : "plain"}>
            {isNarrow ? own.act : own.more}
          </Button>
        }
      >
        {below.map((name, index) => [
          ACTIONS[name].isHard && !ACTIONS[below[index - 1] ?? name].isHard && <MenuLine key={`${name} line`} />,
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
  );
}
