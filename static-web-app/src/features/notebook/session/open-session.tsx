"use client";

import { useQueryClient } from "@tanstack/react-query";
import { Files, Paperclip } from "lucide-react";
import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";
import { listsChanged } from "@/features/chat/list/conversations";
import { Thread } from "@/features/chat/thread/thread";
import { useCitationInAddress } from "@/features/chat/thread/use-citation-in-address";
import { useMessages } from "@/i18n/messages";
import { Button, IconButton } from "@/ui/button";
import { PageHeader } from "@/ui/page";
import { Sheet } from "@/ui/sheet";
import { useMediaQuery } from "@/ui/use-media-query";
import { DropOverlay } from "../files/drop-overlay";
import { FileNews } from "../files/file-news";
import { FilesPanel } from "../files/files-panel";
import { useAddFiles } from "../files/use-add-files";
import { notebookMessages } from "../messages";
import { notebookChanged, type Notebook, type StoredFile } from "../queries";
import { NotebookMenu } from "../sessions/notebook-menu";
import { PinButton } from "../sessions/pin-button";
import { TimeLeft } from "../sessions/time-left-badge";
import { SOON_S } from "../time-left";
import { FirstSteps } from "./first-steps";

interface OpenSessionProps {
  notebook: Notebook;
  files: readonly StoredFile[];
  left: number | null;
}

/** The chat, and beside it the files that it answers from. */
export function OpenSession({ notebook, files, left }: OpenSessionProps) {
  const t = useMessages(notebookMessages);
  const router = useRouter();
  const queries = useQueryClient();
  const { id } = notebook;
  const questionOf = useCallback(
    (content: string) =>
      Promise.resolve({
        conversationId: notebook.conversation_id,
        question: { path: "/notebook/sessions/{session_id}/chat", parameters: { session_id: id }, body: { content } },
      }),
    [id, notebook.conversation_id],
  );
  // its conversation was deleted, and the first question has made another
  const onConversation = useCallback(() => {
    void notebookChanged(queries, id);
    void listsChanged(queries);
  }, [queries, id]);

  const [areFilesOpen, setAreFilesOpen] = useState(false);
  const isRoomy = useMediaQuery("(min-width: 1024px)");
  const isVast = useMediaQuery("(min-width: 1680px)");
  // the source that is open takes the files' place, so that the text keeps its width
  const [citation, setCitation] = useCitationInAddress();
  const showFiles = useCallback(() => {
    if (isRoomy) setCitation(null);
    else setAreFilesOpen(true);
  }, [isRoomy, setCitation]);
  const adding = useAddFiles({ sessionId: id, count: files.length, added: showFiles });
  const panel = <FilesPanel notebook={notebook} files={files} left={left} adding={adding} />;
  const ready = files.filter((file) => file.status === "ready");
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      <PageHeader
        title={notebook.title}
        actions={
          <>
            {/* a phone has room for it only when it matters */}
            <span className={left !== null && left < SOON_S ? undefined : "max-sm:hidden"}>
              <TimeLeft left={left} />
            </span>
            {!isRoomy && (
              <Button
                look="quiet"
                size="small"
                aria-label={t.showFiles(files.length)}
                onClick={() => setAreFilesOpen(true)}
              >
                <Files aria-hidden />
                {files.length}
              </Button>
            )}
            <PinButton notebook={notebook} />
            <NotebookMenu notebook={notebook} deleted={() => router.replace("/notebook")} />
          </>
        }
      />
      <div className="flex min-h-0 flex-1">
        <Thread
          thread={id}
          mode="notebook"
          conversationId={notebook.conversation_id}
          questionOf={questionOf}
          onConversation={onConversation}
          empty={(ask) => <FirstSteps sessionId={id} files={files} adding={adding} ask={ask} />}
          composerTools={
            <span className="flex min-w-0 items-center gap-1">
              <IconButton label={t.add} onClick={adding.pick}>
                <Paperclip />
              </IconButton>
              <span className="truncate text-xs text-muted">
                {ready.length > 0 ? t.answersFrom(ready.length) : t.nothingReady}
              </span>
            </span>
          }
        />
        {isRoomy && (isVast || citation === null) && (
          <aside aria-label={t.files} className="flex w-72 shrink-0 border-l border-line xl:w-96">
            {panel}
          </aside>
        )}
      </div>
      {!isRoomy && (
        <Sheet open={areFilesOpen} onOpenChange={setAreFilesOpen} side="right" label={t.files}>
          {panel}
        </Sheet>
      )}
      {adding.input}
      <DropOverlay title={notebook.title} onDrop={adding.addDropped} />
      <FileNews files={files} />
    </div>
  );
}
