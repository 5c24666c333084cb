"use client";

import { createContext, use, useId, type ComponentProps, type ReactNode } from "react";
import { classes } from "./classes";

const Described = createContext<{ id: string; describedBy: string | undefined; invalid: boolean } | null>(null);

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  children: ReactNode;
}

/** A label with one control in it (Input, Textarea, Select), which is tied to label, hint and error by itself. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const describedBy = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      <Described value={{ id, describedBy, invalid: Boolean(error) }}>{children}</Described>
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-xs text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

const CONTROL =
  "w-full rounded border border-line-strong bg-surface px-2.5 text-sm text-text transition-colors hover:border-text disabled:opacity-50 aria-invalid:border-danger";

function useControl() {
  const field = use(Described);
  return field && { id: field.id, "aria-describedby": field.describedBy, "aria-invalid": field.invalid || undefined };
}

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input {...useControl()} className={classes(CONTROL, "h-9", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea {...useControl()} className={classes(CONTROL, "min-h-20 py-2", className)} {...props} />;
}

/** The browser's own: it works with every keyboard, screen reader and phone. */
export function Select({ className, ...props }: ComponentProps<"select">) {
  return <select {...useControl()} className={classes(CONTROL, "h-9 pr-7", className)} {...props} />;
}

export function Checkbox({ label, className, ...props }: Omit<ComponentProps<"input">, "type"> & { label: ReactNode }) {
  return (
    <label className={classes("flex items-start gap-2 text-sm", className)}>
      <input type="checkbox" className="mt-0.5 size-4 accent-accent" {...props} />
      <span>{label}</span>
    </label>
  );
}
