/** What the frame, the primitives and problems say. A feature's own words are in a part of its own beside this one. */
import { ApiError } from "@/api/problem";
import { catalogue } from "./messages";
import { problemSentence } from "./problems";

export const shellMessages = catalogue(
  {
    skipToContent: "Skip to content",
    navigation: "Navigation",
    openNavigation: "Open navigation",
    close: "Close",
    cancel: "Cancel",
    save: "Save",
    loading: "Loading",
    tryAgain: "Try again",
    copied: "Copied",
    copyCorrelationId: "Copy correlation id",
    newChat: "New chat",
    chats: "Chats",
    notebooks: "Notebooks",
    administration: "Administration",
    palette: "Commands",
    paletteHint: "Go to, search, set …",
    paletteEmpty: "Nothing is called that.",
    goTo: "Go to",
    actions: "Actions",
    conversations: "Conversations",
    shortcuts: "Keyboard shortcuts",
    theme: "Theme",
    themeSystem: "As the system",
    themeLight: "Light",
    themeDark: "Dark",
    language: "Language",
    role: { user: "User", content_manager: "Content manager", super_admin: "Administrator" },
    noDepartment: "No department",
    noCountry: "no country",
    notFoundTitle: "There is nothing at this address",
    notFoundText: "The page may have been moved, or the address is not complete.",
    toChat: "To the chats",
    notAllowedTitle: "Your role does not open this page",
    notAllowedText: "Ask an administrator if you need it.",
    brokenTitle: "This page could not be shown",
    error: {
      offline: "Nexus cannot be reached. Check your connection.",
      unknown: "Something went wrong here.",
      401: "Your session has ended. Sign in again.",
      403: "Your role does not allow this.",
      404: "That is not there any more, or it is not yours.",
      429: "That were too many requests in a short time. Wait a moment.",
      500: "Something went wrong in Nexus.",
      503: "A part of Nexus is not available right now. Try again shortly.",
    },
  },
  {
    skipToContent: "Zum Inhalt springen",
    navigation: "Navigation",
    openNavigation: "Navigation öffnen",
    close: "Schließen",
    cancel: "Abbrechen",
    save: "Speichern",
    loading: "Wird geladen",
    tryAgain: "Noch einmal versuchen",
    copied: "Kopiert",
    copyCorrelationId: "Korrelations-ID kopieren",
    newChat: "Neuer Chat",
    chats: "Chats",
    notebooks: "Notizbücher",
    administration: "Verwaltung",
    palette: "Befehle",
    paletteHint: "Gehen zu, suchen, einstellen …",
    paletteEmpty: "Nichts heißt so.",
    goTo: "Gehen zu",
    actions: "Aktionen",
    conversations: "Unterhaltungen",
    shortcuts: "Tastenkürzel",
    theme: "Darstellung",
    themeSystem: "Wie das System",
    themeLight: "Hell",
    themeDark: "Dunkel",
    language: "Sprache",
    role: { user: "Benutzer", content_manager: "Inhaltsverwaltung", super_admin: "Administration" },
    noDepartment: "Keine Abteilung",
    noCountry: "kein Land",
    notFoundTitle: "Unter dieser Adresse gibt es nichts",
    notFoundText: "Die Seite wurde vielleicht verschoben, oder die Adresse ist nicht vollständig.",
    toChat: "Zu den Chats",
    notAllowedTitle: "Ihre Rolle öffnet diese Seite nicht",
    notAllowedText: "Fragen Sie die Administration, wenn Sie sie brauchen.",
    brokenTitle: "Diese Seite konnte nicht angezeigt werden",
    error: {
      offline: "Nexus ist nicht erreichbar. Prüfen Sie Ihre Verbindung.",
      unknown: "Hier ist etwas schiefgegangen.",
      401: "Ihre Sitzung ist zu Ende. Melden Sie sich wieder an.",
      403: "Ihre Rolle erlaubt das nicht.",
      404: "Das gibt es nicht mehr, oder es gehört Ihnen nicht.",
      429: "Das waren zu viele Anfragen in kurzer Zeit. Warten Sie einen Augenblick.",
      500: "In Nexus ist etwas schiefgegangen.",
      503: "Ein Teil von Nexus ist gerade nicht erreichbar. Versuchen Sie es gleich noch einmal.",
    },
  },
);

type ShellMessages = (typeof shellMessages)["en"];

/** An error in one sentence: what its code means in the reader's language; else what its status means; else, and where
 *  that is more exact (409, 413, 422 …, or which limit was reached), as the API says it. */
export function sentenceOf(error: unknown, t: ShellMessages): string {
  if (!(error instanceof ApiError)) return t.error.unknown;
  if (error.isOffline) return t.error.offline;
  const own: Record<string, string> = t.error;
  const isExact = error.code === "sign_in_refused" || (error.status === 429 && error.code !== "rate_limited");
  const known = problemSentence(error.code) ?? (isExact ? error.detail : own[error.status]);
  return known || error.detail || t.error.unknown;
}
