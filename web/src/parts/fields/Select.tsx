// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Select as Base } from "@base-ui/react/select";
import type { ReactNode } from "react";
import { useWords } from "@/words";
import { Icon } from "../icon/Icon";
import { Field, type FieldProps } from "./Field";
import { pickField } from "./TextInput";
import styles from "./fields.module.css";

export interface Option<T extends string> {
  value: T;
  text: string;
  note?: string;
  disabled?: boolean;
}

export interface SelectProps<T extends string> extends FieldProps {
  value: T | null;
  onChange: (value: T) => void;
  options: readonly Option<T>[];
  placeholder?: string;
}

/** One of a few choices. For many, use Combobox. */
export function Select<T extends string>({
  value,
  onChange,
  options,
  placeholder,
  ...field
}: SelectProps<T>): ReactNode {
  const words = useWords();
  return (
    <Field {...pickField({ ...field })}>
      <Base.Root
        items={options.map((option) => ({ value: option.value, label: option.text }))}
        value={value}
        onValueChange={(next) => next !== null && onChange(next as T)}
      >
        <Base.Trigger className={styles.select}>
          <Base.Value className={styles.selectValue} placeholder={placeholder ?? words.parts.choose} />
          <Base.Icon className={styles.selectSign}>
            <Icon name="down" />
          </Base.Icon>
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner
            className={styles.positioner}
            sideOffset={4}
            alignItemWithTrigger={false}
            collisionPadding={8}
          >
            <Base.Popup className={styles.popup}>
              <Base.List>
                {options.map((option) => (
                  <Base.Item
                    key={option.value}
                    value={option.value}
                    disabled={Boolean(option.disabled)}
                    className={styles.option}
                  >
                    <span className={styles.optionSign}>
                      <Base.ItemIndicator>
                        <Icon name="check" />
                      </Base.ItemIndicator>
                    </span>
                    <Base.ItemText className={styles.optionText}>{option.text}</Base.ItemText>
                    {option.note && <span className={styles.optionNote}>{option.note}</span>}
                  </Base.Item>
                ))}
              </Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </Field>
  );
}
