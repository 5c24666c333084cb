"use client";

import { useEffect } from "react";
import { useMessages } from "@/i18n/messages";
import { Dialog } from "@/ui/dialog";
import { ProblemView } from "@/ui/problem-view";
import { WorkingLine } from "@/ui/states";
import { libraryMessages } from "../messages";
import { useKnownPreflight, type Library } from "../queries";
import { newLibraryMessages } from "./messages";
import { PreflightChecks } from "./preflight-checks";

/** Whether Nexus can read a library now. */
export function PreflightDialog({ library, close }: { library: Library; close: () => void }) {
  const t = useMessages(newLibraryMessages);
  const { checkNow } = useMessages(libraryMessages);
  const { mutate: look, data, error, isPending } = useKnownPreflight(library.id);
  useEffect(() => look(), [look]);
  return (
    <Dialog open onOpenChange={close} title={checkNow} description={library.library_url}>
      <div className="flex min-h-24 flex-col gap-3 pb-3">
        {isPending && <WorkingLine label={t.checking} />}
        {error && <ProblemView error={error} retry={() => look()} />}
        {data && <PreflightChecks found={data} />}
      </div>
    </Dialog>
  );
}
