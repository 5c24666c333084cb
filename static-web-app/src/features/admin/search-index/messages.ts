import { catalogue, plural } from "@/i18n/messages";

export const indexMessages = catalogue(
  {
    title: "Search index",
    intro:
      "Passages are found by the embedding model of the settings. A new model gets an index of its own, which is built while the present one serves.",
    serving: "Serves",
    configured: "Set in the settings",
    next: "Is being built",
    leaving: "Goes",
    model: "Model",
    provider: "Provider",
    dimensions: "Dimensions",
    collection: "Collection",
    since: "Since",
    upToDate: "The index that serves was made with the configured model.",
    outOfDate: "The settings name another model than the one that serves. Build its index to have it used.",
    building:
      "The index of the configured model is being built. Questions are answered from the present one until then.",
    progress: (copied: number, documents: number) =>
      `${plural("en", copied, { one: "#", other: "#" })} of ${plural("en", documents, { one: "# document", other: "# documents" })}`,
    progressLabel: "Documents copied",
    refused: (n: number) =>
      plural("en", n, {
        one: "# document was refused by the new model",
        other: "# documents were refused by the new model",
      }),
    rebuild: "Build the new index",
    goOn: "Go on building",
    rebuildTitle: "Build the index of the configured model?",
    rebuildText:
      "Every passage is embedded again, which costs what embedding the whole corpus costs. The present index serves until the new one is whole.",
    begun: "The new index is being built.",
  },
  {
    title: "Suchindex",
    intro:
      "Passagen werden mit dem Embedding-Modell der Einstellungen gefunden. Ein neues Modell bekommt einen eigenen Index, der entsteht, während der jetzige dient.",
    serving: "Dient",
    configured: "In den Einstellungen",
    next: "Entsteht",
    leaving: "Geht",
    model: "Modell",
    provider: "Anbieter",
    dimensions: "Dimensionen",
    collection: "Sammlung",
    since: "Seit",
    upToDate: "Der Index, der dient, ist mit dem eingestellten Modell gemacht.",
    outOfDate:
      "Die Einstellungen nennen ein anderes Modell als das, das dient. Bauen Sie seinen Index, damit es benutzt wird.",
    building: "Der Index des eingestellten Modells entsteht. Bis dahin wird aus dem jetzigen geantwortet.",
    progress: (copied: number, documents: number) =>
      `${plural("de", copied, { one: "#", other: "#" })} von ${plural("de", documents, { one: "# Dokument", other: "# Dokumenten" })}`,
    progressLabel: "Übertragene Dokumente",
    refused: (n: number) =>
      plural("de", n, {
        one: "# Dokument hat das neue Modell abgelehnt",
        other: "# Dokumente hat das neue Modell abgelehnt",
      }),
    rebuild: "Neuen Index bauen",
    goOn: "Weiterbauen",
    rebuildTitle: "Den Index des eingestellten Modells bauen?",
    rebuildText:
      "Jede Passage wird neu eingebettet, was so viel kostet wie das Einbetten des ganzen Bestands. Der jetzige Index dient, bis der neue ganz ist.",
    begun: "Der neue Index entsteht.",
  },
);
