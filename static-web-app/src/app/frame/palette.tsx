"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { Dialog as Radix } from "radix-ui";
import { useId, useState, type KeyboardEvent } from "react";
import { api } from "@/api/client";
import { isAtLeast, useUser } from "@/api/use-user";
import { accountMessages } from "@/features/account/messages";
import { signOut } from "@/features/account/sign-in";
import { adminMessages } from "@/features/admin/shell/messages";
import { adminPlacesOf } from "@/features/admin/shell/places";
import { addressOfConversation } from "@/features/chat/list/address";
import { useMessages } from "@/i18n/messages";
import { usePreferences } from "@/i18n/preferences";
import { shellMessages } from "@/i18n/shell";
import { classes } from "@/ui/classes";
import { useOpener } from "@/ui/layers/opener";
import { useSettled } from "@/ui/use-settled";
import { PLACES } from "./places";

interface Command {
  id: string;
  group: string;
  label: string;
  act: () => void;
}

/** Everything by keyboard: a list that narrows while one writes, with the person's conversations in it. */
export function Palette({ close, showShortcuts }: { close: () => void; showShortcuts: () => void }) {
  const t = useMessages(shellMessages);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const giveBackFocus = useOpener();
  const commands = useCommands(text.trim(), showShortcuts);
  const active = Math.min(chosen, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.act();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && commands.length > 0) {
      event.preventDefault();
      setChosen((active + step + commands.length) % commands.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(commands[active]);
    }
  };
  return (
    <Radix.Root open onOpenChange={close}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-appear bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          onCloseAutoFocus={giveBackFocus}
          className="fixed top-[12vh] left-1/2 z-40 flex max-h-[66vh] w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 animate-appear flex-col overflow-hidden rounded-lg border border-line bg-raised shadow-float"
        >
          <Radix.Title className="sr-only">{t.palette}</Radix.Title>
          <input
            role="combobox"
            aria-expanded
            aria-controls={`${id}-list`}
            aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
            aria-label={t.palette}
            placeholder={t.paletteHint}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setChosen(0);
            }}
            onKeyDown={onKeyDown}
            className="h-12 shrink-0 border-b border-line bg-transparent px-4 text-base outline-none"
          />
          <ul id={`${id}-list`} role="listbox" aria-label={t.palette} className="min-h-0 overflow-y-auto p-1">
            {commands.map((command, index) => (
              // the keyboard acts on the combobox, as its pattern has it
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events
              <li
                key={command.id}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                ref={(element) => {
                  if (index === active) element?.scrollIntoView({ block: "nearest" });
                }}
                onPointerMove={() => setChosen(index)}
                onClick={() => run(command)}
                className={classes(
                  "flex cursor-pointer items-center gap-3 rounded-sm px-3 py-1.5 text-sm",
                  index === active && "bg-hover",
                )}
              >
                <span className="min-w-0 flex-1 truncate">{command.label}</span>
                <span className="text-xs text-muted">{command.group}</span>
              </li>
            ))}
          </ul>
          {commands.length === 0 && <p className="px-4 py-6 text-center text-sm text-muted">{t.paletteEmpty}</p>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function useCommands(text: string, showShortcuts: () => void): Command[] {
  const t = useMessages(shellMessages);
  const account = useMessages(accountMessages);
  const admin = useMessages(adminMessages);
  const user = useUser();
  const router = useRouter();
  const preferences = usePreferences();
  const found = useFoundConversations(text);
  const go = (href: string) => () => router.push(href);
  const own: Command[] = [
    { id: "new", group: t.actions, label: t.newChat, act: go("/chat") },
    ...PLACES.filter((place) => isAtLeast(user.role, place.least)).map((place) => ({
      id: place.href,
      group: t.goTo,
      label: place.label(t),
      act: go(place.href),
    })),
    ...adminPlacesOf(user.role)
      .filter((place) => place.href !== "/admin") // it is among PLACES
      .map((place) => ({ id: place.href, group: t.administration, label: place.label(admin), act: go(place.href) })),
    { id: "light", group: t.theme, label: t.themeLight, act: () => preferences.setTheme("light") },
    { id: "dark", group: t.theme, label: t.themeDark, act: () => preferences.setTheme("dark") },
    { id: "system", group: t.theme, label: t.themeSystem, act: () => preferences.setTheme("system") },
    { id: "en", group: t.language, label: "English", act: () => preferences.setLanguage("en") },
    { id: "de", group: t.language, label: "Deutsch", act: () => preferences.setLanguage("de") },
    { id: "shortcuts", group: t.actions, label: t.shortcuts, act: showShortcuts },
    { id: "out", group: account.account, label: account.signOut, act: () => void signOut() },
  ];
  const wanted = text.toLowerCase();
  return [
    ...own.filter((command) => `${command.label} ${command.group}`.toLowerCase().includes(wanted)),
    ...found.map((conversation) => ({
      id: conversation.id,
      group: t.conversations,
      label: conversation.title ?? t.newChat,
      act: go(addressOfConversation(conversation)),
    })),
  ];
}

function useFoundConversations(text: string) {
  const asked = useSettled(text);
  const { data, isPlaceholderData } = useQuery({
    queryKey: ["palette", asked],
    queryFn: ({ signal }) => api.get("/conversations", { query: { q: asked || null, limit: 8 }, signal }),
    placeholderData: (before) => before,
  });
  const found = data?.items ?? [];
  // what was found for less than is written now may not be meant any more
  if (asked === text && !isPlaceholderData) return found;
  return found.filter((each) => each.title?.toLowerCase().includes(text.toLowerCase()));
}
