"use client";

import { Globe, Keyboard, LogOut } from "lucide-react";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { usePreferences, type Language, type Theme } from "@/i18n/preferences";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { MenuChoice, MenuItem, MenuLabel, MenuLine } from "@/ui/menu";
import { notify } from "@/ui/toast";
import { accountMessages } from "./messages";
import { signOut } from "./sign-in";

const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

interface ItemsProps {
  showShortcuts: () => void;
  signOutEverywhere: () => void;
}

export function AccountMenuItems({ showShortcuts, signOutEverywhere }: ItemsProps) {
  const user = useUser();
  const t = useMessages(accountMessages);
  const shell = useMessages(shellMessages);
  const preferences = usePreferences();
  const themes: Record<Theme, string> = {
    system: shell.themeSystem,
    light: shell.themeLight,
    dark: shell.themeDark,
  };
  return (
    <>
      <MenuLabel>
        {user.email ?? user.display_name} · {shell.role[user.role]}
      </MenuLabel>
      <MenuLine />
      <MenuLabel>{shell.theme}</MenuLabel>
      {(Object.keys(themes) as Theme[]).map((theme) => (
        <MenuChoice key={theme} chosen={preferences.theme === theme} onSelect={() => preferences.setTheme(theme)}>
          {themes[theme]}
        </MenuChoice>
      ))}
      <MenuLabel>{shell.language}</MenuLabel>
      {(Object.keys(LANGUAGES) as Language[]).map((language) => (
        <MenuChoice
          key={language}
          chosen={preferences.language === language}
          onSelect={() => preferences.setLanguage(language)}
        >
          <span lang={language}>{LANGUAGES[language]}</span>
        </MenuChoice>
      ))}
      <MenuLine />
      <MenuItem icon={<Keyboard />} onSelect={showShortcuts}>
        {shell.shortcuts}
      </MenuItem>
      <MenuItem
        icon={<LogOut />}
        onSelect={() => void signOut().catch((error: unknown) => notify(sentenceOf(error, shell), "danger"))}
      >
        {t.signOut}
      </MenuItem>
      <MenuItem icon={<Globe />} onSelect={signOutEverywhere}>
        {t.signOutEverywhere}
      </MenuItem>
    </>
  );
}
