import { catalogue, formatNumber } from "@/i18n/messages";

const en = (value: number) => formatNumber("en", value);
const de = (value: number) => formatNumber("de", value);

export const budgetMessages = catalogue(
  {
    action: "Daily budget",
    title: (name: string) => `Daily budget of ${name}`,
    ofUser: "How many tokens this person may use in a day (UTC). When they are spent, new questions wait for tomorrow.",
    ofDepartment: "How many tokens all people of this department may use together in a day (UTC).",
    used: "Used today",
    left: "Left",
    unlimited: "No limit",
    resets: "Starts anew",
    choice: "What holds",
    asDefault: (limit: number | null) =>
      limit === null ? "The default: no limit" : `The default: ${en(limit)} tokens a day`,
    asDefaultUnknown: "The default",
    own: "A budget of its own",
    none: "No limit, whatever the default says",
    tokens: "Tokens a day",
    tokensWrong: "A whole number, 0 or more.",
    saved: "The budget is kept.",
  },
  {
    action: "Tagesbudget",
    title: (name: string) => `Tagesbudget: ${name}`,
    ofUser:
      "Wie viele Token diese Person am Tag (UTC) verbrauchen darf. Sind sie verbraucht, warten neue Fragen bis zum nächsten Tag.",
    ofDepartment: "Wie viele Token alle Menschen dieser Abteilung zusammen am Tag (UTC) verbrauchen dürfen.",
    used: "Heute verbraucht",
    left: "Übrig",
    unlimited: "Ohne Grenze",
    resets: "Beginnt neu",
    choice: "Was gilt",
    asDefault: (limit: number | null) =>
      limit === null ? "Die Vorgabe: ohne Grenze" : `Die Vorgabe: ${de(limit)} Token am Tag`,
    asDefaultUnknown: "Die Vorgabe",
    own: "Ein eigenes Budget",
    none: "Ohne Grenze, was auch immer die Vorgabe sagt",
    tokens: "Token am Tag",
    tokensWrong: "Eine ganze Zahl, 0 oder mehr.",
    saved: "Das Budget ist gespeichert.",
  },
);
