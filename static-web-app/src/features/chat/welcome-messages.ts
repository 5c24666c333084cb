import { catalogue } from "@/i18n/messages";

export const welcomeMessages = catalogue(
  {
    welcome: "What would you like to know?",
    seeEverything: "You see company-wide documents.",
    seeScope: (scope: string) => `You see company-wide documents and those of ${scope}.`,
    about: (title: string) => `What are the main points of “${title}”?`,
    tryThese: "For example",
    assistantWelcome: "The assistant answers from what its model knows. It does not see your documents.",
    noDocuments: "There are no documents for you to ask about yet.",
    noLibrary: "No library is connected yet",
    noLibrarySteps: [
      "Grant Nexus access to a SharePoint site.",
      "Add the library and say who may read it.",
      "Wait for the first sync; then ask.",
    ],
    addLibrary: "Add a library",
  },
  {
    welcome: "Was möchten Sie wissen?",
    seeEverything: "Sie sehen die Dokumente für das ganze Unternehmen.",
    seeScope: (scope: string) => `Sie sehen die Dokumente für das ganze Unternehmen und die von ${scope}.`,
    about: (title: string) => `Was sind die wichtigsten Punkte von „${title}“?`,
    tryThese: "Zum Beispiel",
    assistantWelcome: "Der Assistent antwortet aus dem, was sein Modell weiß. Ihre Dokumente sieht er nicht.",
    noDocuments: "Es gibt noch keine Dokumente, nach denen Sie fragen können.",
    noLibrary: "Noch ist keine Bibliothek verbunden",
    noLibrarySteps: [
      "Geben Sie Nexus Zugriff auf eine SharePoint-Website.",
      "Fügen Sie die Bibliothek hinzu und sagen Sie, wer sie lesen darf.",
      "Warten Sie die erste Synchronisierung ab; dann fragen Sie.",
    ],
    addLibrary: "Bibliothek hinzufügen",
  },
);
