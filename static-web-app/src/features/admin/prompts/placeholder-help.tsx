"use client";

import { Plus } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { IconButton } from "@/ui/button";
import { Badge } from "@/ui/states";
import { promptMessages } from "./messages";
import type { Placeholder } from "./queries";

/** What Nexus fills in where a prompt leaves room for it. */
export function PlaceholderHelp({
  placeholders,
  insert,
}: {
  placeholders: Placeholder[];
  insert: (name: string) => void;
}) {
  const t = useMessages(promptMessages);
  const meanings: Readonly<Record<string, string>> = t.placeholders.meaning;
  return (
    <section aria-labelledby="placeholders" className="flex flex-col gap-3 text-sm">
      <h2 id="placeholders" className="font-semibold">
        {t.placeholders.title}
      </h2>
      <ul className="flex flex-col gap-2">
        {placeholders.map(({ name, meaning, required }) => (
          <li key={name} className="flex items-start gap-2 rounded border border-line bg-surface py-2 pr-1 pl-3">
            <div className="min-w-0 flex-1">
              <p className="flex flex-wrap items-center gap-2">
                <code className="font-mono text-xs">{`{${name}}`}</code>
                {required && <Badge tone="warning">{t.placeholders.required}</Badge>}
              </p>
              <p className="mt-0.5 text-xs text-muted">{meanings[name] ?? meaning}</p>
            </div>
            <IconButton label={t.placeholders.insert(name)} onClick={() => insert(name)}>
              <Plus />
            </IconButton>
          </li>
        ))}
      </ul>
      <p className="text-xs text-muted">{t.placeholders.text}</p>
    </section>
  );
}
