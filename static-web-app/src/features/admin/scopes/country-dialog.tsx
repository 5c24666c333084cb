"use client";

import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Field, Input } from "@/ui/field";
import { notify } from "@/ui/toast";
import { fieldErrorOf, FormDialog } from "../dialog/form-dialog";
import type { Country } from "../scope/scope";
import { COUNTRY_CODE, countryName } from "./country-names";
import { scopeMessages } from "./messages";
import { useSaveCountry } from "./queries";

/** Adds a country, or corrects the one that is given. The name follows the code until somebody writes another. */
export function CountryDialog({ country, close }: { country: Country | null; close: () => void }) {
  const t = useMessages(scopeMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const [code, setCode] = useState(country?.code ?? "");
  const [written, setWritten] = useState<string | null>(country?.name ?? null);
  const save = useSaveCountry(country?.id ?? null);
  const text = written ?? countryName(language, code) ?? "";
  const name = text.trim();
  const isCode = COUNTRY_CODE.test(code);
  const isChanged = code !== country?.code || name !== country.name;
  const onSaved = () => {
    notify(t.saved(name));
    close();
  };
  return (
    <FormDialog
      title={country ? t.country.changeTitle : t.country.addTitle}
      description={country ? t.country.changeText : undefined}
      submit={country ? shell.save : t.country.add}
      canSubmit={isCode && name !== "" && isChanged}
      isPending={save.isPending}
      error={save.error}
      ownFields={["/code", "/name"]}
      onSubmit={() => save.mutate({ code, name }, { onSuccess: onSaved })}
      close={close}
    >
      <div className="grid gap-3 sm:grid-cols-[7rem_1fr]">
        <Field
          label={t.code}
          hint={t.codeHint}
          error={code.length >= 2 && !isCode ? t.codeWrong : fieldErrorOf(save.error, "/code")}
        >
          <Input
            value={code}
            maxLength={2}
            autoComplete="off"
            className="font-mono"
            onChange={(event) => setCode(event.target.value.toUpperCase())}
          />
        </Field>
        <Field label={t.name} error={fieldErrorOf(save.error, "/name")}>
          <Input value={text} maxLength={100} onChange={(event) => setWritten(event.target.value)} />
        </Field>
      </div>
    </FormDialog>
  );
}
