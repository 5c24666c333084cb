"use client";

import { CircleCheck, CircleHelp, CircleX, type LucideIcon } from "lucide-react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { ButtonLink } from "@/ui/button";
import { classes } from "@/ui/classes";
import type { Explanation } from "../queries";
import { explainMessages } from "./messages";

type Words = Readonly<Record<string, string | undefined>>;
const PASSAGES = ["ledger", "active", "inactive", "staged", "readable"] as const;

/** The verdict, then what was looked at. The API's sentences are English; their headings are the reader's. */
export function ExplanationView({ found }: { found: Explanation }) {
  const t = useMessages(explainMessages);
  const { verdict, document, library, passages, place } = found;
  return (
    <div className="flex flex-col gap-5">
      <div
        role="status"
        className={classes(
          "flex gap-3 rounded border px-4 py-3",
          verdict.findable ? "border-accent bg-accent-soft" : "border-danger bg-danger-soft",
        )}
      >
        {verdict.findable ? (
          <CircleCheck aria-hidden className="mt-1 size-5 shrink-0 text-accent-text" />
        ) : (
          <CircleX aria-hidden className="mt-1 size-5 shrink-0 text-danger" />
        )}
        <div className="min-w-0">
          <h2 className="text-lg font-semibold">{(t.verdict as Words)[verdict.code] ?? verdict.code}</h2>
          <p lang="en" className="wrap-anywhere">
            {verdict.sentence}
          </p>
          {place !== null && <p className="mt-1 text-sm">{t.place(place)}</p>}
        </div>
      </div>
      {(library ?? document) && (
        <div className="flex flex-wrap gap-2">
          {document && (
            <ButtonLink size="small" href={`/admin/documents?d=${document.id}`}>
              {t.toDocument}
            </ButtonLink>
          )}
          {library && (
            <ButtonLink size="small" href={`/admin/libraries?l=${library.id}`}>
              {t.toLibrary}
            </ButtonLink>
          )}
        </div>
      )}
      <section className="flex flex-col gap-2">
        <h2 className="text-base font-semibold">{t.checks}</h2>
        <ul className="flex flex-col divide-y divide-line rounded border border-line">
          {found.checks.map((check, index) => (
            <Check key={index} {...check} />
          ))}
        </ul>
      </section>
      {passages && <Passages passages={passages} />}
    </div>
  );
}

function Check({ check, ok, detail }: Explanation["checks"][number]) {
  const t = useMessages(explainMessages);
  const [Icon, tone, said]: [LucideIcon, string, string] =
    ok === null
      ? [CircleHelp, "text-muted", t.unknown]
      : ok
        ? [CircleCheck, "text-accent-text", t.fine]
        : [CircleX, "text-danger", t.notFine];
  return (
    <li className="flex gap-2 px-3 py-2 text-sm">
      <Icon role="img" aria-label={said} className={classes("mt-0.5 size-4 shrink-0", tone)} />
      <div className="min-w-0 sm:flex sm:gap-4">
        <p className="font-semibold sm:w-40 sm:shrink-0">{(t.check as Words)[check] ?? check}</p>
        <p lang="en" className="min-w-0 wrap-anywhere">
          {detail}
        </p>
      </div>
    </li>
  );
}

function Passages({ passages }: { passages: NonNullable<Explanation["passages"]> }) {
  const t = useMessages(explainMessages);
  const language = useLanguage();
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{t.passages}</h2>
      <dl className="grid max-w-md grid-cols-[1fr_auto] gap-x-6 gap-y-1 text-sm">
        {PASSAGES.map((name) => {
          const value = passages[name];
          if (value === null) return null;
          return (
            <div key={name} className="contents">
              <dt className="text-muted">{t.passage[name]}</dt>
              <dd className="text-right tabular-nums">{formatNumber(language, value)}</dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
