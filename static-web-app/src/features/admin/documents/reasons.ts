import { catalogue } from "@/i18n/messages";

/** Why documents are not indexed, by the API's reason codes; files that only wait are counted by their status. */
export const reasonMessages = catalogue(
  {
    too_large: "Too large",
    encrypted: "Protected by a password",
    unsupported_type: "Not a type that Nexus reads",
    empty: "Without text",
    needs_ocr: "Images of pages, without text",
    corrupt: "Damaged",
    limits_exceeded: "Too much in one document",
    package: "A package, such as a OneNote notebook",
    shortcut: "A shortcut to another library",
    folder_unknown: "Its folder is not known",
    permission_missing: "Nexus may not read it",
    download_failed: "Could not be downloaded",
    model_refused_request: "Refused by the embedding model",
    model_unavailable: "The embedding model was away",
    model_timeout: "The embedding model took too long",
    model_rate_limited: "The embedding model is overloaded",
    model_key_missing: "The embedding model has no key",
    model_failed: "The embedding model failed",
    unavailable: "A part of Nexus was away",
    internal_error: "Nexus failed on it",
    pending: "Waits to be read",
    failed: "Could not be read",
    skipped: "Not read",
  },
  {
    too_large: "Zu groß",
    encrypted: "Mit Passwort geschützt",
    unsupported_type: "Kein Typ, den Nexus liest",
    empty: "Ohne Text",
    needs_ocr: "Bilder von Seiten, ohne Text",
    corrupt: "Beschädigt",
    limits_exceeded: "Zu viel in einem Dokument",
    package: "Ein Paket, etwa ein OneNote-Notizbuch",
    shortcut: "Verweis auf eine andere Bibliothek",
    folder_unknown: "Ordner nicht bekannt",
    permission_missing: "Nexus darf es nicht lesen",
    download_failed: "Konnte nicht geladen werden",
    model_refused_request: "Vom Embedding-Modell abgelehnt",
    model_unavailable: "Das Embedding-Modell war nicht erreichbar",
    model_timeout: "Das Embedding-Modell brauchte zu lange",
    model_rate_limited: "Das Embedding-Modell ist überlastet",
    model_key_missing: "Dem Embedding-Modell fehlt der Schlüssel",
    model_failed: "Das Embedding-Modell ist gescheitert",
    unavailable: "Ein Teil von Nexus war nicht erreichbar",
    internal_error: "Nexus ist daran gescheitert",
    pending: "Wartet darauf, gelesen zu werden",
    failed: "Konnte nicht gelesen werden",
    skipped: "Nicht gelesen",
  },
);

/** A code that is not known here is shown as it is: the API's sentence stands beside it wherever there is room. */
export function reasonWords(t: (typeof reasonMessages)["en"], code: string): string {
  return (t as Readonly<Record<string, string | undefined>>)[code] ?? code;
}

/** Where the documents with a reason are listed; a run counts those that wait, or give none, by their status. */
export function documentsWith(libraryId: string, code: string): string {
  const name = code === "pending" || code === "failed" || code === "skipped" ? "status" : "reason";
  return `/admin/documents?${new URLSearchParams({ library: libraryId, [name]: code })}`;
}
