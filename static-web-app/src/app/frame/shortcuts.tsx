"use client";

import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Dialog } from "@/ui/dialog";
import { modKey } from "@/ui/shortcuts";
import { Key } from "@/ui/states";
import { shortcutMessages } from "./shortcut-messages";

export function Shortcuts({ close }: { close: () => void }) {
  const t = useMessages(shortcutMessages);
  const shell = useMessages(shellMessages);
  const mod = modKey();
  const rows: [string[], string][] = [
    [[mod, "K"], t.palette],
    [[mod, "/"], t.shortcuts],
    [[mod, "⇧", "O"], t.newChat],
    [["J", "K"], t.messages],
    [["[", "]"], t.citations],
    [["⏎"], t.send],
    [["⇧", "⏎"], t.newLine],
    [["Esc"], t.close],
  ];
  return (
    <Dialog open onOpenChange={close} title={shell.shortcuts}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-5 gap-y-2 pb-3 text-sm">
        {rows.map(([keys, meaning]) => (
          <div key={meaning} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
