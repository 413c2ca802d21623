// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode, SVGProps } from "react";
import { SHAPES, type IconName } from "./shapes";

export type { IconName };

export interface IconProps extends Omit<SVGProps<SVGSVGElement>, "name"> {
  name: IconName;
  /** 16 beside text, 20 alone. */
  size?: 16 | 20 | 24 | 32;
  /** What it says to who can't see it; without, it only decorates. */
  label?: string;
}

/** A sign of our own set, in the colour of the text around it. */
export function Icon({ name, size = 16, label, ...rest }: IconProps): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={size === 16 ? 1.65 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      role={label ? "img" : undefined}
      aria-label={label}
      aria-hidden={label ? undefined : true}
      focusable="false"
      {...rest}
    >
      {SHAPES[name]}
    </svg>
  );
}
