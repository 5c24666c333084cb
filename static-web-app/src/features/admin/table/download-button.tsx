"use client";

import { Download } from "lucide-react";
import { useState } from "react";
import { send } from "@/api/client";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { notify } from "@/ui/toast";
import { saveBlob } from "./csv";
import { tableMessages } from "./messages";

interface DownloadProps {
  /** Without `/api`. */
  path: string;
  query?: Readonly<Record<string, string | number | null | undefined>>;
  /** What comes, such as "CSV". */
  kind: string;
  /** Of what, for who does not see where the button stands. */
  of: string;
}

/** A file that the API makes. A link would not do: it carries no token. */
export function DownloadButton({ path, query, kind, of }: DownloadProps) {
  const t = useMessages(tableMessages);
  const shell = useMessages(shellMessages);
  const [isBusy, setIsBusy] = useState(false);
  const save = async () => {
    setIsBusy(true);
    try {
      const reply = await send("get", path, { query });
      saveBlob(fileNameOf(reply.headers.get("Content-Disposition")), await reply.blob());
    } catch (error) {
      notify(sentenceOf(error, shell), "danger");
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Button size="small" aria-label={`${t.download}: ${of} (${kind})`} disabled={isBusy} onClick={() => void save()}>
      <Download />
      {isBusy ? t.downloading : kind}
    </Button>
  );
}

/** What the API calls its file. */
export function fileNameOf(disposition: string | null): string {
  return /filename="([^"/\\]+)"/.exec(disposition ?? "")?.[1] ?? "nexus";
}
