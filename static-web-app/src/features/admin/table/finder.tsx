"use client";

import { useQuery } from "@tanstack/react-query";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { Field, Input } from "@/ui/field";
import { useSettled } from "@/ui/use-settled";
import { adminMessages } from "../shell/messages";

export interface Found {
  id: string;
  label: string;
  /** What tells it from others of its name. */
  detail?: string | null;
}

interface FinderProps {
  label: string;
  hint?: ReactNode;
  placeholder?: string;
  /** Names the question in the cache. */
  name: string;
  find: (text: string, signal: AbortSignal) => Promise<Found[]>;
  onChosen: (found: Found) => void;
  /** What is written, which chooses nothing yet. */
  onText: (text: string) => void;
  /** A text that says all by itself: nothing is looked for. */
  isComplete?: (text: string) => boolean;
  defaultText?: string;
}

/** One of many by writing a part of its name: the combobox of the ARIA practices, with the list below it. */
export function Finder({
  label,
  hint,
  placeholder,
  name,
  find,
  onChosen,
  onText,
  isComplete,
  defaultText = "",
}: FinderProps) {
  const t = useMessages(adminMessages);
  const id = useId();
  const [text, setText] = useState(defaultText);
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const asked = useSettled(text.trim(), 250);
  const shown = isOpen && asked !== "" && text.trim() !== "" && !isComplete?.(text);
  const { data: found = [], isFetching } = useQuery({
    queryKey: ["admin", "finder", name, asked],
    queryFn: ({ signal }) => find(asked, signal),
    enabled: shown,
    placeholderData: (before) => before,
  });
  const choose = (each: Found | undefined) => {
    if (!each) return;
    setText(each.label);
    setIsOpen(false);
    onChosen(each);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setIsOpen(true);
      setActive((active + step + found.length) % Math.max(found.length, 1));
    } else if (event.key === "Enter" && shown && found.length > 0) {
      event.preventDefault();
      choose(found[Math.max(active, 0)]);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setIsOpen(false);
    }
  };
  return (
    <div className="relative" onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setIsOpen(false)}>
      <Field label={label} hint={hint}>
        <Input
          role="combobox"
          autoComplete="off"
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={`${id}-list`}
          aria-activedescendant={shown && active >= 0 ? `${id}-${active}` : undefined}
          placeholder={placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setIsOpen(true);
            setActive(-1);
            onText(event.target.value);
          }}
          onKeyDown={onKeyDown}
        />
      </Field>
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        hidden={!shown}
        className="absolute inset-x-0 top-16 z-20 max-h-72 overflow-y-auto rounded border border-line bg-raised p-1 shadow-float"
      >
        {found.map((each, index) => (
          // the keyboard acts on the combobox
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={each.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setActive(index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(each)}
            className={classes("cursor-pointer rounded-sm px-2 py-1.5 text-sm", index === active && "bg-hover")}
          >
            <span className="block truncate">{each.label}</span>
            {each.detail && <span className="block truncate text-xs text-muted">{each.detail}</span>}
          </li>
        ))}
        {found.length === 0 && (
          <li role="option" aria-selected={false} aria-disabled className="px-2 py-1.5 text-sm text-muted">
            {isFetching || asked !== text.trim() ? t.finding : t.nothingFound}
          </li>
        )}
      </ul>
    </div>
  );
}
