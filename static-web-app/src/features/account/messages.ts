import { catalogue } from "@/i18n/messages";

export const accountMessages = catalogue(
  {
    tagline: "Answers from your company’s documents, each with its source.",
    signIn: "Sign in with Microsoft",
    signingIn: "Signing you in …",
    expired: "Your session has ended. Sign in again to go on where you were.",
    failedTitle: "The sign-in did not work",
    notAllowedTitle: "This account may not use Nexus",
    notAllowedText: "Your Microsoft account is fine, but nobody has given it access to Nexus. Ask your administrator.",
    stale: "This sign-in was started in another tab or too long ago. Start it again.",
    otherAccount: "Use another account",
    startAgain: "Start again",
    account: "Account",
    signOut: "Sign out",
    signOutEverywhere: "Sign out everywhere",
    signOutEverywhereText: "This ends your sessions in all browsers and on all devices.",
  },
  {
    tagline: "Antworten aus den Dokumenten Ihres Unternehmens, jede mit ihrem Beleg.",
    signIn: "Mit Microsoft anmelden",
    signingIn: "Sie werden angemeldet …",
    expired: "Ihre Sitzung ist zu Ende. Melden Sie sich wieder an, um dort weiterzumachen, wo Sie waren.",
    failedTitle: "Die Anmeldung hat nicht geklappt",
    notAllowedTitle: "Dieses Konto darf Nexus nicht benutzen",
    notAllowedText:
      "Mit Ihrem Microsoft-Konto ist alles in Ordnung, aber niemand hat ihm Zugang zu Nexus gegeben. Fragen Sie Ihre Administration.",
    stale: "Diese Anmeldung wurde in einem anderen Tab oder vor zu langer Zeit begonnen. Beginnen Sie sie neu.",
    otherAccount: "Ein anderes Konto nehmen",
    startAgain: "Neu beginnen",
    account: "Konto",
    signOut: "Abmelden",
    signOutEverywhere: "Überall abmelden",
    signOutEverywhereText: "Das beendet Ihre Sitzungen in allen Browsern und auf allen Geräten.",
  },
);
