"use client";

import { useLanguage, useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import "./globals.css";

/** In the place of everything, where the frame itself threw. Next.js' own page is in English only, and heavier. */
export default function GlobalError({ reset }: { reset: () => void }) {
  const t = useMessages(shellMessages);
  return (
    <html lang={useLanguage()}>
      <body>
        <main className="flex h-full flex-col items-center justify-center gap-4 p-6">
          <h1 className="text-lg">{t.brokenTitle}</h1>
          <Button onClick={reset}>{t.tryAgain}</Button>
        </main>
      </body>
    </html>
  );
}
