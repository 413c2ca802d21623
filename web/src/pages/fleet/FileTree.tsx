// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { Button, IconButton } from "@/parts/button/Button";
import { classes } from "@/parts/classes";
import { Dialog } from "@/parts/dialog/Dialog";
import { TextInput } from "@/parts/fields/TextInput";
import { Icon } from "@/parts/icon/Icon";
import { usePageWords, useWords } from "@/words";
import { findPathProblem, groupPaths, isDirty, type OpenFiles } from "./drafts";
import styles from "./fleet.module.css";
import type { Finding } from "./shapes";
import { fleetWords } from "./words";

export interface FileTreeProps {
  name: string;
  paths: readonly string[];
  open: OpenFiles;
  active: string | null;
  findings: readonly Finding[];
  onShow: (path: string) => void;
  onMake: () => void;
}

/** The files of a fleet by their folders, each with what is not saved and what is wrong in it. */
export function FileTree({ name, paths, open, active, findings, onShow, onMake }: FileTreeProps): ReactNode {
  const own = usePageWords(fleetWords);
  return (
    <nav className={styles.tree} aria-label={own.filesOf(name)}>
      <div className={styles.treeHead}>
        <h2>{own.files}</h2>
        <IconButton icon="plus" size="s" label={own.newFile} onClick={onMake} />
      </div>
      {groupPaths(paths).map((folder) => (
        <div key={folder.name}>
          {folder.name && <p className={styles.folder}>{folder.name}/</p>}
          <ul>
            {folder.files.map((path) => (
              <li key={path}>
                <FileButton
                  path={path}
                  label={path.slice(folder.name ? folder.name.length + 1 : 0)}
                  open={open}
                  isActive={path === active}
                  findings={findings}
                  isInFolder={folder.name !== ""}
                  onShow={onShow}
                />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

interface FileButtonProps {
  path: string;
  label: string;
  open: OpenFiles;
  isActive: boolean;
  isInFolder: boolean;
  findings: readonly Finding[];
  onShow: (path: string) => void;
}

function FileButton({ path, label, open, isActive, isInFolder, findings, onShow }: FileButtonProps): ReactNode {
  const own = usePageWords(fleetWords);
  const file = open[path];
  const errors = findings.filter((finding) => finding.file === path && finding.level === "error").length;
  return (
    <button
      type="button"
      className={classes(
        styles.file,
        isActive && styles.fileActive,
        isInFolder && styles.fileInside,
        file?.isGone && styles.fileGone,
      )}
      aria-current={isActive ? "true" : undefined}
      onClick={() => onShow(path)}
    >
      <Icon name="document" />
      <span className={styles.fileName}>{label}</span>
      {errors > 0 && (
        <span className={styles.fileErrors} title={own.errors(errors)}>
          {errors}
          <span className="unseen"> {own.errors(errors)}</span>
        </span>
      )}
      {file && isDirty(file) && (
        <span className={styles.dot} title={own.unsaved}>
          <span className="unseen">{own.unsaved}</span>
        </span>
      )}
    </button>
  );
}

/** Asks for the path of a new file. */
export function NewFileDialog({
  known,
  onMake,
  onClose,
}: {
  known: readonly string[];
  onMake: (path: string) => void;
  onClose: () => void;
}): ReactNode {
  const words = useWords();
  const own = usePageWords(fleetWords);
  const [path, setPath] = useState("");
  const [isAsked, setAsked] = useState(false);
  const problem = findPathProblem(path, known);
  const make = (): void => {
    setAsked(true);
    if (!problem) onMake(path);
  };
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => !isOpen && onClose()}
      size="s"
      title={own.newFile}
      actions={
        <>
          <Button onClick={onClose}>{words.actions.cancel}</Button>
          <Button look="primary" onClick={make}>
            {own.create}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        <TextInput
          label={own.newFilePath}
          help={own.newFileHelp}
          value={path}
          onChange={setPath}
          mono
          autoFocus
          spellCheck={false}
          {...(isAsked && problem && { error: problem === "taken" ? own.pathTaken : own.pathForm })}
        />
      </form>
    </Dialog>
  );
}
