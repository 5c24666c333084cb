"use client";

import { Upload } from "lucide-react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { classes } from "@/ui/classes";
import { notebookMessages } from "../messages";
import { useLimits } from "../queries";
import { sizeInWords } from "../reasons";
import type { Adding } from "./use-add-files";

/** Where files go in, with what may go in. Dropping works on the whole page; this says so. */
export function AddFiles({ adding, isLarge }: { adding: Adding; isLarge?: boolean }) {
  const t = useMessages(notebookMessages);
  const language = useLanguage();
  const limits = useLimits();
  return (
    <div
      className={classes(
        "flex flex-col items-center gap-2 rounded border border-dashed border-line-strong text-center",
        isLarge ? "px-6 py-10" : "px-4 py-4",
      )}
    >
      <Button look={isLarge ? "primary" : "secondary"} size={isLarge ? "medium" : "small"} onClick={adding.pick}>
        <Upload aria-hidden />
        {t.choose}
      </Button>
      <p className="text-xs text-muted pointer-coarse:hidden">{t.dropAnywhere}</p>
      <p className="text-xs text-balance text-muted">
        {t.kinds}
        <br />
        {/* its line is kept while it is not known */}
        {limits ? t.limits(sizeInWords(limits.file_bytes, language), limits.files_per_session) : "\u00a0"}
      </p>
    </div>
  );
}
