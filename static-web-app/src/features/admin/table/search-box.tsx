"use client";

import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { IconButton } from "@/ui/button";
import { useSettled } from "@/ui/use-settled";

interface SearchBoxProps {
  label: string;
  clear: string;
  value: string;
  /** Once nobody has written for a moment. */
  onValueChange: (value: string) => void;
}

/** Searches while one writes. Follows `value` when it is changed from elsewhere, as by the browser's Back. */
export function SearchBox({ label, clear, value, onValueChange }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const settled = useSettled(text.trim(), 300);
  const told = useRef(value);
  useEffect(() => {
    if (settled === told.current) return;
    told.current = settled;
    onValueChange(settled);
  }, [settled, onValueChange]);
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  return (
    <div role="search" className="relative w-full sm:w-72">
      <Search aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted" />
      <input
        type="text"
        aria-label={label}
        placeholder={label}
        maxLength={400}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="h-9 w-full rounded border border-line-strong bg-surface pr-9 pl-8 text-sm hover:border-text"
      />
      {text && (
        <IconButton label={clear} onClick={() => setText("")} className="absolute top-0.5 right-0.5">
          <X />
        </IconButton>
      )}
    </div>
  );
}
