// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Toast } from "@base-ui/react/toast";
import { useEffect, type ReactNode } from "react";
import { useWords } from "@/words";
import { IconButton } from "../button/Button";
import { classes } from "../classes";
import { Icon } from "../icon/Icon";
import { SIGN_OF_TONE, type Tone } from "../notes/Note";
import { setToastShower, type ToastMessage } from "./Toasts";
import styles from "./toast.module.css";

interface Shown {
  tone: Tone;
  action?: ReactNode;
}

const SHOWN_MS = 6_000;
const manager = Toast.createToastManager<Shown>();

function show({ title, text, tone = "ok", action }: ToastMessage): void {
  manager.add({
    title,
    ...(text !== undefined && { description: text }),
    timeout: tone === "bad" || action ? 0 : SHOWN_MS,
    priority: tone === "bad" ? "high" : "low",
    data: { tone, ...(action !== undefined && { action }) },
  });
}

/** Shows toasts at the corner of the page. */
export default function ToastHost(): ReactNode {
  useEffect(() => {
    setToastShower(show);
    return () => setToastShower(null);
  }, []);
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList(): ReactNode {
  const words = useWords();
  const { toasts } = Toast.useToastManager<Shown>();
  return toasts.map((toast) => {
    const tone = toast.data?.tone ?? "info";
    return (
      <Toast.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection={["right", "down"]}>
        <Icon name={SIGN_OF_TONE[tone]} size={20} className={classes(styles.sign, styles[tone])} />
        <Toast.Content className={styles.content}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.text} />
          {toast.data?.action}
        </Toast.Content>
        <Toast.Close render={<IconButton icon="close" label={words.parts.dismiss} size="s" noTip />} />
      </Toast.Root>
    );
  });
}
