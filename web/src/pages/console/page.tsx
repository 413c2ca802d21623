// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { useMay } from "@/app/session";
import { Button, ButtonLink, IconButton } from "@/parts/button/Button";
import { Dialog } from "@/parts/dialog/Dialog";
import { TextArea } from "@/parts/fields/TextInput";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { usePageWords, useWords } from "@/words";
import styles from "./console.module.css";
import { readTarget, type Target } from "./model";
import type { Handle } from "./Screen";
import { useConsole, type Standing } from "./useConsole";
import { consoleWords } from "./words";

const Screen = lazy(() => import("./Screen"));
const TextTerminal = lazy(() => import("./TextTerminal"));

// Codes of a socket's end, as the server has them.
const ENDED = 1000;
const REFUSED = 4403;
const [LEAST_PIXELS, PIXELS, MOST_PIXELS, STEP_PIXELS] = [10, 14, 26, 2] as const;

/** A console in a window of its own: the screen of a guest, or a text terminal of a guest or a node. */
export default function ConsolePage(): ReactNode {
  const own = usePageWords(consoleWords);
  const search: Record<string, string | undefined> = useSearch({ strict: false });
  const may = useMay("console");
  const target = readTarget(search);
  if (!target) {
    return (
      <main className={styles.alone}>
        <Empty
          icon="console"
          title={own.wrong}
          actions={
            <ButtonLink to="/guests" look="primary">
              {own.toGuests}
            </ButtonLink>
          }
        >
          {own.wrongNext}
        </Empty>
      </main>
    );
  }
  if (!may) {
    return (
      <main className={styles.alone}>
        <Empty icon="lock" title={own.mayNot}>
          {own.mayNotNext}
        </Empty>
      </main>
    );
  }
  return <OneConsole target={target} />;
}

function OneConsole({ target }: { target: Target }): ReactNode {
  const words = useWords();
  const own = usePageWords(consoleWords);
  const { standing, again } = useConsole(target);
  const [isScaled, setScaled] = useState(true);
  const [pixels, setPixels] = useState<number>(PIXELS);
  const [isPasting, setPasting] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const handle = useRef<Handle>(null);
  const opened = "opened" in standing ? standing.opened : undefined;
  const asked = target.guest === undefined ? own.node(target.node ?? "") : own.guest(target.guest);
  const name = opened?.name ? `${opened.name} (${String(opened.vmid)})` : asked;
  const title = own.title(name);
  useEffect(() => {
    document.title = `${title} · ${words.shell.product}`;
  }, [title, words]);
  const isOpen = standing.kind === "open";
  const socket = "socket" in standing ? standing.socket : undefined;
  const kind = opened?.kind ?? target.kind;
  return (
    <div ref={whole} className={styles.whole}>
      <header className={styles.bar}>
        <h1 className={styles.title}>{name}</h1>
        <State standing={standing} />
        <span className={styles.space} />
        {kind === "vnc" ? (
          <>
            <Button size="s" disabled={!isOpen} onClick={() => handle.current?.sendCtrlAltDel?.()}>
              {own.ctrlAltDel}
            </Button>
            <IconButton
              size="s"
              icon="screen"
              label={own.scale}
              aria-pressed={isScaled}
              onClick={() => setScaled(!isScaled)}
            />
          </>
        ) : (
          <>
            <IconButton
              size="s"
              icon="minus"
              label={own.smaller}
              disabled={pixels <= LEAST_PIXELS}
              onClick={() => setPixels(pixels - STEP_PIXELS)}
            />
            <IconButton
              size="s"
              icon="plus"
              label={own.larger}
              disabled={pixels >= MOST_PIXELS}
              onClick={() => setPixels(pixels + STEP_PIXELS)}
            />
          </>
        )}
        <IconButton size="s" icon="keyboard" label={own.paste} disabled={!isOpen} onClick={() => setPasting(true)} />
        <IconButton
          size="s"
          icon="expand"
          label={own.fullScreen}
          onClick={() => void toggleFullScreen(whole.current)}
        />
      </header>
      <main className={styles.place}>
        {socket && (
          <Suspense fallback={null}>
            {kind === "vnc" ? (
              <Screen ref={handle} socket={socket} label={title} isScaled={isScaled} />
            ) : (
              <TextTerminal ref={handle} socket={socket} label={title} pixels={pixels} />
            )}
          </Suspense>
        )}
        <Told standing={standing} onAgain={again} />
      </main>
      {isPasting && (
        <PasteDialog
          isScreen={kind === "vnc"}
          onClose={() => setPasting(false)}
          onType={(text) => {
            setPasting(false);
            handle.current?.type(text);
          }}
        />
      )}
    </div>
  );
}

function State({ standing }: { standing: Standing }): ReactNode {
  const own = usePageWords(consoleWords);
  switch (standing.kind) {
    case "open":
      return (
        <Badge tone="ok" icon="live">
          {own.open}
        </Badge>
      );
    case "ended":
      return (
        <Badge tone="idle" icon="stop">
          {own.ended}
        </Badge>
      );
    case "held":
      return (
        <Badge tone="warn" icon="hourglass">
          {own.held}
        </Badge>
      );
    case "refused":
      return (
        <Badge tone="bad" icon="bad">
          {own.notOpened}
        </Badge>
      );
    case "asking":
      return <Badge icon="hourglass">{own.asking}</Badge>;
    case "connecting":
      return <Badge icon="hourglass">{own.connecting}</Badge>;
  }
}

/** Why nothing is shown, and what to do. */
function Told({ standing, onAgain }: { standing: Standing; onAgain: () => void }): ReactNode {
  const own = usePageWords(consoleWords);
  if (standing.kind === "refused") {
    return (
      <div className={styles.told}>
        <ProblemNote error={standing.error} what={own.notOpened} onRetry={onAgain} />
      </div>
    );
  }
  if (standing.kind === "held") {
    return (
      <div className={styles.told}>
        <Note
          tone="warn"
          icon="hourglass"
          title={own.held}
          actions={
            <>
              {standing.planId && (
                <ButtonLink
                  size="s"
                  look="primary"
                  to="/approvals/$id"
                  params={{ id: standing.planId }}
                  target="_blank"
                >
                  {own.toApproval}
                </ButtonLink>
              )}
              <Button size="s" icon="reload" onClick={onAgain}>
                {own.askAgain}
              </Button>
            </>
          }
        >
          {own.heldNext}
        </Note>
      </div>
    );
  }
  if (standing.kind !== "ended") return null;
  const { code, reason } = standing;
  return (
    <div className={styles.told}>
      <Note
        tone={code === ENDED ? "info" : "bad"}
        title={code === ENDED ? own.endedTitle : code === REFUSED ? own.refusedTitle : own.failedTitle}
        actions={
          <Button size="s" look="primary" icon="reload" onClick={onAgain}>
            {own.again}
          </Button>
        }
      >
        {reason}
      </Note>
    </div>
  );
}

interface PasteDialogProps {
  isScreen: boolean;
  onType: (text: string) => void;
  onClose: () => void;
}

function PasteDialog({ isScreen, onType, onClose }: PasteDialogProps): ReactNode {
  const words = useWords();
  const own = usePageWords(consoleWords);
  const [text, setText] = useState("");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={own.paste}
      actions={
        <>
          <Button onClick={onClose}>{words.actions.cancel}</Button>
          <Button look="primary" icon="keyboard" disabled={!text} onClick={() => onType(text)}>
            {own.type}
          </Button>
        </>
      }
    >
      <Stack gap="3">
        <TextArea
          label={own.pasteText}
          help={own.pasteHelp}
          value={text}
          onChange={setText}
          rows={6}
          mono
          spellCheck={false}
        />
        {isScreen && <p className={styles.faint}>{own.pasteKeys}</p>}
      </Stack>
    </Dialog>
  );
}

async function toggleFullScreen(element: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await element?.requestFullscreen();
}
