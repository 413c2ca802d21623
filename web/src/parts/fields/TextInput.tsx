// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Field as Base } from "@base-ui/react/field";
import type { ComponentProps, ReactNode, Ref } from "react";
import { classes } from "../classes";
import { Icon, type IconName } from "../icon/Icon";
import { Field, type FieldProps } from "./Field";
import styles from "./fields.module.css";

type Native = Omit<ComponentProps<"input">, "value" | "onChange" | "defaultValue" | "ref" | "size">;

export interface TextInputProps extends FieldProps, Native {
  value: string;
  onChange: (value: string) => void;
  name?: string;
  required?: boolean;
  disabled?: boolean;
  mono?: boolean;
  icon?: IconName;
  /** What stands at its end, such as a unit or a button. */
  end?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

/** One line of text. */
export function TextInput({
  label,
  hideLabel,
  help,
  error,
  required,
  disabled,
  name,
  value,
  onChange,
  mono,
  icon,
  end,
  className,
  ...rest
}: TextInputProps): ReactNode {
  return (
    <Field {...pickField({ label, hideLabel, help, error, required, disabled, name })}>
      <span className={classes(styles.box, className)}>
        {icon && <Icon name={icon} className={styles.boxSign} />}
        <Base.Control
          className={classes(styles.input, mono && styles.mono)}
          value={value}
          onValueChange={onChange}
          required={Boolean(required)}
          {...(rest as object)}
        />
        {end && <span className={styles.end}>{end}</span>}
      </span>
    </Field>
  );
}

/** Several lines of text. */
export function TextArea({
  label,
  hideLabel,
  help,
  error,
  required,
  disabled,
  name,
  value,
  onChange,
  mono,
  rows = 4,
  ...rest
}: FieldProps & { value: string; onChange: (value: string) => void; mono?: boolean; rows?: number } & Omit<
    ComponentProps<"textarea">,
    "value" | "onChange" | "ref"
  >): ReactNode {
  return (
    <Field {...pickField({ label, hideLabel, help, error, required, disabled, name })}>
      <span className={styles.box}>
        <Base.Control
          render={<textarea rows={rows} {...rest} />}
          className={classes(styles.input, styles.area, mono && styles.mono)}
          value={value}
          onValueChange={onChange}
          required={Boolean(required)}
        />
      </span>
    </Field>
  );
}

/** The props of a field that are there. */
export function pickField(
  props: { [K in keyof FieldProps]: FieldProps[K] | undefined } & { label: ReactNode },
): FieldProps {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as unknown as FieldProps;
}
