import { catalogue } from "@/i18n/messages";

export const shortcutMessages = catalogue(
  {
    palette: "Open commands",
    shortcuts: "Show shortcuts",
    newChat: "New chat",
    messages: "Next or previous message",
    citations: "Previous or next citation",
    send: "Send the question",
    newLine: "New line",
    close: "Stop the answer, or close what is nearest",
  },
  {
    palette: "Befehle öffnen",
    shortcuts: "Tastenkürzel zeigen",
    newChat: "Neuer Chat",
    messages: "Nächste oder vorige Nachricht",
    citations: "Voriger oder nächster Beleg",
    send: "Frage senden",
    newLine: "Neue Zeile",
    close: "Antwort anhalten, oder das Nächstliegende schließen",
  },
);
