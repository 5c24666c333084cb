"use client";

import { useMessages } from "@/i18n/messages";
import { Field, Input } from "@/ui/field";
import { RadioGroup } from "../dialog/radio-group";
import { isDays, LEAST, type Kind } from "./draft";
import { retentionMessages } from "./messages";

interface KindFieldProps {
  kind: Kind;
  /** Null: for ever. */
  text: string | null;
  onTextChange: (text: string | null) => void;
}

export function KindField({ kind, text, onTextChange }: KindFieldProps) {
  const t = useMessages(retentionMessages);
  const { name, hint } = t.kinds[kind];
  const isWrong = text !== null && text.trim() !== "" && !isDays(kind, text);
  return (
    <section className="flex flex-col gap-3 rounded border border-line bg-surface p-4">
      <RadioGroup
        label={name}
        value={text === null ? "ever" : "days"}
        onValueChange={(value) => onTextChange(value === "ever" ? null : "")}
        choices={[
          { value: "ever", label: t.forEver },
          { value: "days", label: t.forDays },
        ]}
      />
      {text !== null && (
        <Field label={`${t.days}: ${name}`} error={isWrong ? t.atLeast(LEAST[kind]) : undefined}>
          <Input
            inputMode="numeric"
            className="max-w-32"
            value={text}
            onChange={(event) => onTextChange(event.target.value)}
          />
        </Field>
      )}
      <p className="text-xs text-muted">{hint}</p>
    </section>
  );
}
