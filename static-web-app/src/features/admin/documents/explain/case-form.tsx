"use client";

import { useState, type SyntheticEvent } from "react";
import { api } from "@/api/client";
import { isAtLeast, useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Field, Input, Select } from "@/ui/field";
import { Finder, type Found } from "../../table/finder";
import { useDocument, type Case } from "../queries";
import { explainMessages } from "./messages";

type Who = "whoever" | "myself" | "somebody";

interface CaseFormProps {
  asked: Case;
  onAsk: (wanted: Case) => void;
}

/** Which document, which person, and which question if there is one. */
export function CaseForm({ asked, onAsk }: CaseFormProps) {
  const t = useMessages(explainMessages);
  const user = useUser();
  const [wanted, setWanted] = useState(asked);
  const [who, setWho] = useState<Who>(
    asked.person === "" ? "whoever" : asked.person === user.id ? "myself" : "somebody",
  );
  // only who may list people can choose among them; others look as somebody whom an address names
  const mayChoose = isAtLeast(user.role, "super_admin");
  const cameWithSomebody = asked.person !== "" && asked.person !== user.id;
  const person = who === "whoever" ? "" : who === "myself" ? user.id : wanted.person === user.id ? "" : wanted.person;
  const isComplete = (wanted.document || wanted.url) && (who !== "somebody" || person);
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isComplete) onAsk({ ...wanted, person, question: person ? wanted.question.trim() : "" });
  };
  return (
    <form className="flex flex-col gap-4" onSubmit={onSubmit}>
      <DocumentFinder wanted={wanted} onChange={(document, url) => setWanted({ ...wanted, document, url })} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t.person} hint={mayChoose ? undefined : t.othersHint}>
          <Select value={who} onChange={(event) => setWho(event.target.value as Who)}>
            <option value="whoever">{t.whoever}</option>
            <option value="myself">{t.myself}</option>
            {mayChoose && <option value="somebody">{t.somebody}</option>}
            {!mayChoose && cameWithSomebody && <option value="somebody">{t.chosenPerson}</option>}
          </Select>
        </Field>
        {mayChoose && who === "somebody" && (
          <PersonFinder chosen={cameWithSomebody} onChange={(id) => setWanted({ ...wanted, person: id })} />
        )}
      </div>
      <Field label={t.question} hint={who === "whoever" ? t.questionNeedsPerson : t.questionHint}>
        <Input
          maxLength={2000}
          disabled={who === "whoever"}
          value={wanted.question}
          onChange={(event) => setWanted({ ...wanted, question: event.target.value })}
        />
      </Field>
      <Button look="primary" type="submit" className="self-start" disabled={!isComplete}>
        {t.ask}
      </Button>
    </form>
  );
}

function DocumentFinder({ wanted, onChange }: { wanted: Case; onChange: (document: string, url: string) => void }) {
  const t = useMessages(explainMessages);
  // one that came with the address has its name once that is known
  const [came] = useState(wanted.document);
  const known = useDocument(came || null).data;
  const find = async (text: string, signal: AbortSignal): Promise<Found[]> => {
    const { items } = await api.get("/admin/documents", { query: { q: text, limit: 8 }, signal });
    return items.map((each) => ({
      id: each.id,
      label: each.file_name,
      detail: `${each.library_name} · ${each.path ?? ""}`,
    }));
  };
  return (
    <Finder
      key={known ? "named" : "nameless"}
      label={t.document}
      hint={t.documentHint}
      name="documents"
      find={find}
      defaultText={known?.file_name ?? wanted.url}
      onChosen={({ id }) => onChange(id, "")}
      isComplete={isAddress}
      onText={(text) => onChange("", isAddress(text) ? text.trim() : "")}
    />
  );
}

function isAddress(text: string): boolean {
  return /^https?:\/\/\S+/i.test(text.trim());
}

function PersonFinder({ chosen, onChange }: { chosen: boolean; onChange: (id: string) => void }) {
  const t = useMessages(explainMessages);
  const find = async (text: string, signal: AbortSignal): Promise<Found[]> => {
    const { items } = await api.get("/admin/users", { query: { q: text, limit: 8 }, signal });
    return items.map(({ id, display_name: label, email }) => ({ id, label, detail: email }));
  };
  return (
    <Finder
      label={t.somebody}
      hint={t.somebodyHint}
      name="people"
      find={find}
      defaultText={chosen ? t.chosenPerson : ""}
      onChosen={({ id }) => onChange(id)}
      onText={() => onChange("")}
    />
  );
}
