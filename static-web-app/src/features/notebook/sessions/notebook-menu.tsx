"use client";

import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { notify } from "@/ui/toast";
import { notebookMessages } from "../messages";
import { useChange, useDelete, type Notebook } from "../queries";
import { NameDialog } from "./name-dialog";

/** What can be done with a notebook. `deleted`: it was looked at, and is gone. */
export function NotebookMenu({ notebook, deleted }: { notebook: Notebook; deleted?: () => void }) {
  const t = useMessages(notebookMessages);
  const shell = useMessages(shellMessages);
  const [asked, setAsked] = useState<"rename" | "delete" | null>(null);
  const rename = useChange(notebook.id);
  const remove = useDelete(notebook);
  const close = () => setAsked(null);
  const onDelete = async () => {
    try {
      await remove.mutateAsync();
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
      return;
    }
    notify(t.deleted);
    deleted?.();
  };
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t.menu(notebook.title)}>
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem icon={<Pencil />} onSelect={() => setAsked("rename")}>
          {t.rename}
        </MenuItem>
        <MenuItem icon={<Trash2 />} danger onSelect={() => setAsked("delete")}>
          {t.delete}
        </MenuItem>
      </Menu>
      {asked === "rename" && (
        <NameDialog
          heading={t.renameTitle}
          name={notebook.title}
          button={shell.save}
          isBusy={rename.isPending}
          error={rename.error && sentenceOf(rename.error, shell)}
          submit={(title) => rename.mutate({ title }, { onSuccess: close })}
          close={close}
        />
      )}
      <ConfirmDialog
        open={asked === "delete"}
        onOpenChange={close}
        title={t.deleteTitle}
        description={t.deleteText(notebook.title)}
        confirm={t.delete}
        danger
        onConfirm={onDelete}
      />
    </>
  );
}
