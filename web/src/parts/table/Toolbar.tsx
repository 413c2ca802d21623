// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type FormEvent, type ReactNode } from "react";
import { useWords } from "@/words";
import { Button, IconButton } from "../button/Button";
import { TextInput } from "../fields/TextInput";
import { Menu, MenuCheck, MenuItem, MenuLine } from "../menu/Menu";
import { Popover } from "../popover/Popover";
import styles from "./table.module.css";
import type { TableViews } from "./views";

export interface ToolbarProps {
  filter: string;
  onFilter: (filter: string) => void;
  shown: number;
  all: number | undefined;
  selected: number;
  onClearSelection: () => void;
  bulk: ReactNode;
  filters: ReactNode;
  actions: ReactNode;
  columns: readonly { id: string; header: string; fixed?: boolean }[];
  visibility: Readonly<Record<string, boolean>>;
  onVisibility: (column: string, isShown: boolean) => void;
  kept: TableViews;
}

/** What stands above the rows of a table; while rows are selected, what can be done with them. */
export function Toolbar(props: ToolbarProps): ReactNode {
  const words = useWords();
  if (props.selected > 0) {
    return (
      <div className={styles.toolbar} data-print="no">
        <strong className={styles.selectedCount} role="status">
          {words.count.selected(props.selected)}
        </strong>
        {props.bulk}
        <span className={styles.space} />
        <Button look="quiet" size="s" icon="close" onClick={props.onClearSelection}>
          {words.actions.clear}
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.toolbar} data-print="no">
      <div className={styles.filter}>
        <TextInput
          label={words.parts.filterRows}
          hideLabel
          type="search"
          icon="filter"
          data-filter
          placeholder={words.parts.filterRows}
          value={props.filter}
          onChange={props.onFilter}
          autoComplete="off"
          spellCheck={false}
          onKeyDown={(event) => {
            if (event.key === "Escape" && props.filter) {
              event.stopPropagation();
              props.onFilter("");
            }
          }}
          {...(props.filter && {
            end: (
              <IconButton icon="close" size="s" label={words.parts.clearFilter} onClick={() => props.onFilter("")} />
            ),
          })}
        />
      </div>
      {props.filters}
      <span className={styles.count} role="status">
        {props.all === undefined
          ? ""
          : props.shown === props.all
            ? words.count.rows(props.all)
            : words.count.ofRows(props.shown, props.all)}
      </span>
      <span className={styles.space} />
      {props.actions}
      <Views {...props} />
      <Menu align="end" trigger={<IconButton icon="columns" label={words.parts.columns} />}>
        {props.columns.map((column) => (
          <MenuCheck
            key={column.id}
            checked={props.visibility[column.id] !== false}
            disabled={column.fixed ?? false}
            onChange={(isShown) => props.onVisibility(column.id, isShown)}
          >
            {column.header}
          </MenuCheck>
        ))}
        <MenuLine />
        <MenuItem icon="reload" onSelect={props.kept.resetLayout}>
          {words.parts.resetColumns}
        </MenuItem>
      </Menu>
    </div>
  );
}

function Views({ kept, filter, onFilter }: ToolbarProps): ReactNode {
  const words = useWords();
  const [name, setName] = useState("");
  const [isOpen, setOpen] = useState(false);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (!name.trim()) return;
    kept.saveView(name.trim(), filter);
    setName("");
  };
  return (
    <Popover
      align="end"
      title={words.parts.views}
      open={isOpen}
      onOpenChange={setOpen}
      trigger={<IconButton icon="view" label={words.parts.views} />}
    >
      {kept.views.length === 0 && <p className={styles.hint}>{words.parts.noViews}</p>}
      <ul className={styles.views}>
        {kept.views.map((view) => (
          <li key={view.name}>
            <Button
              look="quiet"
              size="s"
              className={styles.viewName ?? ""}
              onClick={() => {
                kept.applyView(view);
                onFilter(view.filter);
                setOpen(false);
              }}
            >
              {view.name}
            </Button>
            <IconButton
              icon="trash"
              size="s"
              label={words.parts.deleteView(view.name)}
              onClick={() => kept.deleteView(view.name)}
            />
          </li>
        ))}
      </ul>
      <form className={styles.saveView} onSubmit={save}>
        <TextInput
          label={words.parts.viewName}
          hideLabel
          placeholder={words.parts.viewName}
          value={name}
          onChange={setName}
        />
        <Button size="s" type="submit" disabled={!name.trim()}>
          {words.actions.save}
        </Button>
      </form>
    </Popover>
  );
}
