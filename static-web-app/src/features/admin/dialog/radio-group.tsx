"use client";

import { useId, type ReactNode } from "react";

interface RadioGroupProps<Value extends string> {
  label: string;
  value: Value;
  onValueChange: (value: Value) => void;
  choices: readonly { value: Value; label: ReactNode; hint?: ReactNode }[];
}

/** One of a few, all of them in sight. */
export function RadioGroup<Value extends string>({ label, value, onValueChange, choices }: RadioGroupProps<Value>) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-semibold">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="flex items-start gap-2 text-sm">
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onValueChange(choice.value)}
            className="mt-0.5 size-4 shrink-0 accent-accent"
          />
          <span>
            {choice.label}
            {choice.hint && <span className="block text-xs text-muted">{choice.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
