// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Combobox as Base } from "@base-ui/react/combobox";
import { useMemo, useState, type ReactNode } from "react";
import { useWords } from "@/words";
import { Icon } from "../icon/Icon";
import { Field, type FieldProps } from "./Field";
import type { Option } from "./Select";
import { pickField } from "./TextInput";
import styles from "./fields.module.css";

const MOST_SHOWN = 200;

export interface ComboboxProps extends FieldProps {
  value: string | null;
  onChange: (value: string | null) => void;
  options: readonly Option<string>[];
  placeholder?: string;
}

/** One of many choices, found by typing. */
export function Combobox({ value, onChange, options, placeholder, ...field }: ComboboxProps): ReactNode {
  const words = useWords();
  const selected = options.find((option) => option.value === value) ?? (value === null ? null : { value, text: value });
  return (
    <Field {...pickField(field)}>
      <Base.Root
        items={options}
        value={selected}
        onValueChange={(next: Option<string> | null) => onChange(next?.value ?? null)}
        itemToStringLabel={(option: Option<string>) => option.text}
        isItemEqualToValue={(left: Option<string>, right: Option<string>) => left.value === right.value}
        limit={MOST_SHOWN}
      >
        <Base.InputGroup className={styles.box}>
          <Base.Input className={styles.input} placeholder={placeholder ?? words.parts.choose} />
          <span className={styles.end}>
            <Base.Clear className={styles.boxButton} aria-label={words.parts.clearValue}>
              <Icon name="close" />
            </Base.Clear>
            <Base.Trigger className={styles.boxButton} aria-label={words.actions.open}>
              <Icon name="down" />
            </Base.Trigger>
          </span>
        </Base.InputGroup>
        <Choices />
      </Base.Root>
    </Field>
  );
}

export interface MultiComboboxProps extends FieldProps {
  value: readonly string[];
  onChange: (value: string[]) => void;
  options: readonly Option<string>[];
  placeholder?: string;
  /** Lets what is typed be a value that is none of the options. */
  creatable?: boolean;
}

/** Several of many choices, found by typing. */
export function MultiCombobox({
  value,
  onChange,
  options,
  placeholder,
  creatable,
  ...field
}: MultiComboboxProps): ReactNode {
  const words = useWords();
  const [typed, setTyped] = useState("");
  const find = (each: string): Option<string> =>
    options.find((option) => option.value === each) ?? { value: each, text: each };
  const isKnown = options.some((option) => option.value === typed.trim()) || value.includes(typed.trim());
  const offered = useMemo(
    () => (creatable && typed.trim() && !isKnown ? [...options, { value: typed.trim(), text: typed.trim() }] : options),
    [creatable, typed, isKnown, options],
  );
  return (
    <Field {...pickField(field)}>
      <Base.Root
        multiple
        items={offered}
        value={value.map(find)}
        onValueChange={(next: Option<string>[]) => {
          onChange(next.map((option) => option.value));
          setTyped("");
        }}
        inputValue={typed}
        onInputValueChange={setTyped}
        itemToStringLabel={(option: Option<string>) => option.text}
        isItemEqualToValue={(left: Option<string>, right: Option<string>) => left.value === right.value}
        limit={MOST_SHOWN}
        autoHighlight
      >
        <Base.InputGroup className={styles.box}>
          <Base.Chips className={styles.chips}>
            {value.map((each) => (
              <Base.Chip key={each} className={styles.chip}>
                {find(each).text}
                <Base.ChipRemove
                  className={styles.chipRemove}
                  aria-label={`${words.actions.remove} ${find(each).text}`}
                >
                  <Icon name="close" />
                </Base.ChipRemove>
              </Base.Chip>
            ))}
            <Base.Input
              className={styles.input}
              placeholder={value.length ? "" : (placeholder ?? words.parts.choose)}
            />
          </Base.Chips>
        </Base.InputGroup>
        <Choices />
      </Base.Root>
    </Field>
  );
}

function Choices(): ReactNode {
  const words = useWords();
  return (
    <Base.Portal>
      <Base.Positioner className={styles.positioner} sideOffset={4} collisionPadding={8}>
        <Base.Popup className={styles.popup}>
          <Base.Empty className={styles.none}>{words.parts.noMatches}</Base.Empty>
          <Base.List>
            {(option: Option<string>) => (
              <Base.Item
                key={option.value}
                value={option}
                disabled={Boolean(option.disabled)}
                className={styles.option}
              >
                <span className={styles.optionSign}>
                  <Base.ItemIndicator>
                    <Icon name="check" />
                  </Base.ItemIndicator>
                </span>
                <span className={styles.optionText}>{option.text}</span>
                {option.note && <span className={styles.optionNote}>{option.note}</span>}
              </Base.Item>
            )}
          </Base.List>
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  );
}
