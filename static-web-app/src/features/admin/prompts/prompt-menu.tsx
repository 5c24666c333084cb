"use client";

import { CircleCheck, Ellipsis, PencilLine, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { isAtLeast, useUser } from "@/api/use-user";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { notify } from "@/ui/toast";
import { FormDialog } from "../dialog/form-dialog";
import type { Mode } from "../shell/modes";
import { promptsAddress } from "./addresses";
import { promptMessages } from "./messages";
import { useActivatePrompt, useDeletePrompt, type Prompt } from "./queries";

interface MenuProps {
  mode: Mode;
  version: Prompt;
  onDeleted?: () => void;
}

/** What can be done with a version; deleting one is an administrator's. */
export function PromptMenu({ mode, version, onDeleted }: MenuProps) {
  const t = useMessages(promptMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const router = useRouter();
  const { role } = useUser();
  const activate = useActivatePrompt();
  const [isDeleting, setIsDeleting] = useState(false);
  const onActivate = () =>
    activate.mutate(version.id, {
      onSuccess: () => notify(t.activated),
      onError: (error) => notify(sentenceOf(error, shell), "danger"),
    });
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t.more(t.versionOf(formatTime(language, version.created_at)))}>
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem icon={<CircleCheck />} disabled={version.is_active || activate.isPending} onSelect={onActivate}>
          {t.activate}
        </MenuItem>
        <MenuItem icon={<PencilLine />} onSelect={() => router.push(promptsAddress(mode, { from: version.id }))}>
          {t.editAsNew}
        </MenuItem>
        {isAtLeast(role, "super_admin") && (
          <>
            <MenuLine />
            <MenuItem icon={<Trash2 />} danger disabled={version.is_active} onSelect={() => setIsDeleting(true)}>
              {t.remove}
            </MenuItem>
          </>
        )}
      </Menu>
      {isDeleting && <DeleteDialog version={version} close={() => setIsDeleting(false)} onDeleted={onDeleted} />}
    </>
  );
}

interface DeleteProps {
  version: Prompt;
  close: () => void;
  onDeleted: (() => void) | undefined;
}

function DeleteDialog({ version, close, onDeleted }: DeleteProps) {
  const t = useMessages(promptMessages);
  const remove = useDeletePrompt();
  const onSuccess = () => {
    notify(t.removed);
    close();
    onDeleted?.();
  };
  return (
    <FormDialog
      title={t.removeTitle}
      description={t.removeText}
      submit={t.remove}
      danger
      isPending={remove.isPending}
      error={remove.error}
      onSubmit={() => remove.mutate(version.id, { onSuccess })}
      close={close}
    />
  );
}
