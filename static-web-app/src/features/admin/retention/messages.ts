import { catalogue, plural } from "@/i18n/messages";

export const retentionMessages = catalogue(
  {
    title: "Retention",
    intro:
      "What is older goes within the hours that follow, and does not come back. How much went is in the audit log.",
    kinds: {
      messages_days: {
        name: "Questions and answers",
        hint: "A question goes with all its answers once the last of them is old enough, an empty conversation with it. Totals of the analytics and evaluation cases stay.",
      },
      feedback_days: { name: "Feedback", hint: "Goes with its answer at the latest." },
      audit_days: { name: "Audit log", hint: "30 days at least." },
    },
    forEver: "For ever",
    forDays: "For a number of days",
    days: "Days",
    atLeast: (n: number) => `A whole number of days, from ${n} to 36,500.`,
    neverSet: "Nobody has set anything: everything is kept for ever.",
    setAt: (when: string) => `Last changed on ${when}.`,
    confirmTitle: "Keep less than before?",
    confirmText: (changes: string) => `${changes} What is older is deleted within hours and cannot be brought back.`,
    change: (name: string, days: number) => `${name}: ${plural("en", days, { one: "# day", other: "# days" })}.`,
    confirm: "Delete what is older",
    saved: "The retention is saved.",
    toAudit: "What was removed",
  },
  {
    title: "Aufbewahrung",
    intro: "Was älter ist, geht in den Stunden danach und kommt nicht wieder. Wie viel ging, steht im Protokoll.",
    kinds: {
      messages_days: {
        name: "Fragen und Antworten",
        hint: "Eine Frage geht mit allen ihren Antworten, sobald die letzte alt genug ist, mit ihr eine leere Unterhaltung. Summen der Auswertung und Prüffälle bleiben.",
      },
      feedback_days: { name: "Rückmeldungen", hint: "Gehen spätestens mit ihrer Antwort." },
      audit_days: { name: "Protokoll", hint: "Mindestens 30 Tage." },
    },
    forEver: "Für immer",
    forDays: "Für eine Zahl von Tagen",
    days: "Tage",
    atLeast: (n: number) => `Eine ganze Zahl von Tagen, von ${n} bis 36.500.`,
    neverSet: "Niemand hat etwas eingestellt: alles wird für immer aufbewahrt.",
    setAt: (when: string) => `Zuletzt geändert am ${when}.`,
    confirmTitle: "Weniger aufbewahren als bisher?",
    confirmText: (changes: string) =>
      `${changes} Was älter ist, wird innerhalb von Stunden gelöscht und ist nicht zurückzuholen.`,
    change: (name: string, days: number) => `${name}: ${plural("de", days, { one: "# Tag", other: "# Tage" })}.`,
    confirm: "Löschen, was älter ist",
    saved: "Die Aufbewahrung ist gespeichert.",
    toAudit: "Was entfernt wurde",
  },
);
