import { catalogue } from "@/i18n/messages";

export const tableMessages = catalogue(
  { from: "From", to: "To", download: "Download", downloading: "Is being made …" },
  { from: "Von", to: "Bis", download: "Herunterladen", downloading: "Wird erstellt …" },
);
