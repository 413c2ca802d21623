// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { NumberField as Base } from "@base-ui/react/number-field";
import type { ReactNode } from "react";
import { useLanguage, useWords } from "@/words";
import { Icon } from "../icon/Icon";
import { Field, type FieldProps } from "./Field";
import { pickField } from "./TextInput";
import styles from "./fields.module.css";

export interface NumberInputProps extends FieldProps {
  value: number | null;
  onChange: (value: number | null) => void;
  min?: number;
  max?: number;
  step?: number;
  placeholder?: string;
  /** Such as MiB. */
  unit?: string;
  /** Ids are written without separators. */
  plain?: boolean;
}

/** A number. */
export function NumberInput({
  value,
  onChange,
  min,
  max,
  step,
  placeholder,
  unit,
  plain,
  ...field
}: NumberInputProps): ReactNode {
  const words = useWords();
  const language = useLanguage();
  const bounds = {
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(step !== undefined && { step }),
  };
  return (
    <Field {...pickField(field)}>
      <Base.Root
        value={value}
        onValueChange={onChange}
        locale={language}
        format={{ useGrouping: !plain, maximumFractionDigits: 6 }}
        required={Boolean(field.required)}
        allowOutOfRange
        {...bounds}
      >
        <Base.Group className={styles.box}>
          <Base.Input className={styles.input} placeholder={placeholder} />
          <span className={styles.end}>
            {unit}
            <Base.Decrement className={styles.boxButton} aria-label={words.parts.decrease}>
              <Icon name="minus" />
            </Base.Decrement>
            <Base.Increment className={styles.boxButton} aria-label={words.parts.increase}>
              <Icon name="plus" />
            </Base.Increment>
          </span>
        </Base.Group>
      </Base.Root>
    </Field>
  );
}
