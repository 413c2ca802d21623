// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Checkbox as CheckBase } from "@base-ui/react/checkbox";
import { Radio } from "@base-ui/react/radio";
import { RadioGroup as RadioBase } from "@base-ui/react/radio-group";
import { Switch as SwitchBase } from "@base-ui/react/switch";
import { useId, type ReactNode } from "react";
import { Icon } from "../icon/Icon";
import styles from "./fields.module.css";

export interface CheckboxProps {
  label: ReactNode;
  help?: ReactNode;
  checked: boolean;
  /** Neither: some of what it stands for is on. */
  indeterminate?: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** Something that is on or off. */
export function Checkbox({ label, help, checked, indeterminate, onChange, disabled }: CheckboxProps): ReactNode {
  return (
    <label className={styles.choice}>
      <CheckBase.Root
        className={styles.check}
        checked={checked}
        indeterminate={Boolean(indeterminate)}
        onCheckedChange={onChange}
        disabled={Boolean(disabled)}
      >
        <CheckBase.Indicator className={styles.checkSign}>
          <Icon name={indeterminate ? "minus" : "check"} strokeWidth={2.4} />
        </CheckBase.Indicator>
      </CheckBase.Root>
      <span>
        {label}
        {help && <span className={styles.choiceHelp}>{help}</span>}
      </span>
    </label>
  );
}

/** A setting that holds at once. */
export function Switch({ label, help, checked, onChange, disabled }: Omit<CheckboxProps, "indeterminate">): ReactNode {
  return (
    <label className={styles.choice}>
      <SwitchBase.Root
        className={styles.switch}
        checked={checked}
        onCheckedChange={onChange}
        disabled={Boolean(disabled)}
      >
        <SwitchBase.Thumb className={styles.thumb} />
      </SwitchBase.Root>
      <span>
        {label}
        {help && <span className={styles.choiceHelp}>{help}</span>}
      </span>
    </label>
  );
}

export interface RadioGroupProps<T extends string> {
  label: ReactNode;
  value: T | null;
  onChange: (value: T) => void;
  options: readonly { value: T; text: ReactNode; help?: ReactNode; disabled?: boolean }[];
}

/** One of a few choices, all of which show. */
export function RadioGroup<T extends string>({ label, value, onChange, options }: RadioGroupProps<T>): ReactNode {
  const id = useId();
  return (
    <div className={styles.field}>
      <span id={id} className={styles.label}>
        {label}
      </span>
      <RadioBase
        aria-labelledby={id}
        className={styles.group}
        value={value}
        onValueChange={(next) => onChange(next as T)}
      >
        {options.map((option) => (
          <label key={option.value} className={styles.choice}>
            <Radio.Root value={option.value} className={styles.radio} disabled={Boolean(option.disabled)}>
              <Radio.Indicator className={styles.radioDot} />
            </Radio.Root>
            <span>
              {option.text}
              {option.help && <span className={styles.choiceHelp}>{option.help}</span>}
            </span>
          </label>
        ))}
      </RadioBase>
    </div>
  );
}
