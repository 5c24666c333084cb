import { catalogue } from "@/i18n/messages";

export const ruleMessages = catalogue(
  {
    title: "Folders with readers of their own",
    text: "A rule holds for a folder and all below it, in place of what the library says. The deepest one counts.",
    folderHint: "Path below the library, such as Contracts/2026",
    department: (n: number) => `Department of rule ${n}`,
    country: (n: number) => `Country of rule ${n}`,
    path: (n: number) => `Folder of rule ${n}`,
    add: "Add a rule",
    remove: (folder: string) => `Remove the rule of ${folder || "this folder"}`,
    notYours: "This rule belongs to another department or country.",
  },
  {
    title: "Ordner mit eigenem Leserkreis",
    text: "Eine Regel gilt für einen Ordner und alles darunter, anstelle dessen, was die Bibliothek sagt. Die tiefste zählt.",
    folderHint: "Pfad unterhalb der Bibliothek, etwa Verträge/2026",
    department: (n: number) => `Abteilung der Regel ${n}`,
    country: (n: number) => `Land der Regel ${n}`,
    path: (n: number) => `Ordner der Regel ${n}`,
    add: "Regel hinzufügen",
    remove: (folder: string) => `Die Regel von ${folder || "diesem Ordner"} entfernen`,
    notYours: "Diese Regel gehört zu einer anderen Abteilung oder einem anderen Land.",
  },
);
