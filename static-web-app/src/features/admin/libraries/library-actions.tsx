"use client";

import { Ellipsis, ExternalLink, Pause, Play, RefreshCw, RotateCw, ShieldCheck, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button, IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { notify } from "@/ui/toast";
import { PreflightDialog } from "./adding/preflight-dialog";
import { libraryMessages } from "./messages";
import { useChangeLibrary, useRemoveLibrary, useSync, type Library } from "./queries";

/** What can be done with a library as a whole. */
export function LibraryActions({ library }: { library: Library }) {
  const t = useMessages(libraryMessages);
  const shell = useMessages(shellMessages);
  const sync = useSync();
  const change = useChangeLibrary(library.id);
  const remove = useRemoveLibrary(library.id);
  const [asked, setAsked] = useState<"remove" | "check" | null>(null);
  const failed = (error: unknown) => notify(sentenceOf(error, shell), "danger");
  const start = (full: boolean) =>
    sync.mutate({ libraryId: library.id, full }, { onSuccess: () => notify(t.sync.started), onError: failed });
  const switchTo = (enabled: boolean) =>
    change.mutate({ enabled }, { onSuccess: () => notify(enabled ? t.sync.resumed : t.sync.paused), onError: failed });
  const isRemoving = library.status === "removing";
  const canSync = library.enabled && !isRemoving && !sync.isPending;
  return (
    <>
      <Button size="small" look="primary" disabled={!canSync} onClick={() => start(false)}>
        <RefreshCw />
        {t.sync.now}
      </Button>
      <Menu
        trigger={
          <IconButton label={t.moreActions}>
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem icon={<RotateCw />} disabled={!canSync} onSelect={() => start(true)}>
          <span className="flex flex-col">
            {t.sync.full}
            <span className="text-xs text-muted">{t.sync.fullText}</span>
          </span>
        </MenuItem>
        <MenuItem icon={<ShieldCheck />} onSelect={() => setAsked("check")}>
          {t.checkNow}
        </MenuItem>
        <MenuItem
          icon={library.enabled ? <Pause /> : <Play />}
          disabled={isRemoving || change.isPending}
          onSelect={() => switchTo(!library.enabled)}
        >
          {library.enabled ? t.sync.pause : t.sync.resume}
        </MenuItem>
        <MenuItem icon={<ExternalLink />} onSelect={() => window.open(library.library_url, "_blank", "noopener")}>
          {t.openInSharePoint}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} danger disabled={isRemoving} onSelect={() => setAsked("remove")}>
          {t.remove.action}
        </MenuItem>
      </Menu>
      {asked === "check" && <PreflightDialog library={library} close={() => setAsked(null)} />}
      <ConfirmDialog
        open={asked === "remove"}
        onOpenChange={() => setAsked(null)}
        title={t.remove.title}
        description={t.remove.text(library.name)}
        confirm={t.remove.action}
        danger
        onConfirm={() => remove.mutateAsync().then(() => notify(t.remove.begun), failed)}
      />
    </>
  );
}
