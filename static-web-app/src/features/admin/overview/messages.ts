import { catalogue } from "@/i18n/messages";

export const overviewMessages = catalogue(
  {
    title: "Overview",
    documents: "Documents",
    attention: "Needs a look",
    allFine: "Everything is in order.",
    notIndexed: "Not indexed, and why",
    everythingIndexed: "Every document that Nexus reads is indexed.",
    indexOld: "The settings name another embedding model than the one that serves.",
    indexBuilding: "The index of a new embedding model is being built.",
  },
  {
    title: "Überblick",
    documents: "Dokumente",
    attention: "Braucht einen Blick",
    allFine: "Alles ist in Ordnung.",
    notIndexed: "Nicht aufgenommen, und warum",
    everythingIndexed: "Jedes Dokument, das Nexus liest, ist aufgenommen.",
    indexOld: "Die Einstellungen nennen ein anderes Embedding-Modell als das, das dient.",
    indexBuilding: "Der Index eines neuen Embedding-Modells entsteht.",
  },
);
