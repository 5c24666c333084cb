"use client";

import { ExternalLink, X } from "lucide-react";
import { useLayoutEffect, useRef, type RefObject } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { ButtonLink, IconButton } from "@/ui/button";
import { safeAddress } from "../markdown/addresses";
import { answerMessages } from "./messages";
import { stretchesOf } from "./stretches";
import type { Source } from "../run/events";

/** A cited passage as it was when the answer was given, at the sentences that the answer rests on. */
export function SourcePanel({ source, close }: { source: Source; close: () => void }) {
  const t = useMessages(answerMessages);
  const shell = useMessages(shellMessages);
  const address = safeAddress(deepLink(source));
  const panel = useRef<HTMLElement>(null);
  const passage = useRef<HTMLQuoteElement>(null);
  useOpenersFocus(panel, source);
  useFirstQuoteInView(passage, source);
  return (
    <section ref={panel} aria-label={t.sourceTitle(source.n)} className="flex min-h-0 flex-1 flex-col">
      <header className="flex items-start gap-2 border-b border-line px-4 py-2.5">
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold break-words">
            <span className="text-accent-text">[{source.n}]</span> {source.file_name}
          </h2>
          <p className="text-xs text-muted">
            {[source.page !== null && t.page(source.page), source.section].filter(Boolean).join(" · ")}
          </p>
        </div>
        <IconButton label={shell.close} onClick={close}>
          <X />
        </IconButton>
      </header>
      {/* focusable, so that the keyboard can scroll it */}
      <blockquote
        ref={passage}
        aria-label={t.passage}
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto px-4 py-3 whitespace-pre-line"
      >
        {stretchesOf(source.snippet, source.quotes).map(({ text, isQuote }, at) =>
          isQuote ? (
            <mark key={at} className="rounded-sm bg-accent-soft box-decoration-clone text-text">
              {text}
            </mark>
          ) : (
            text
          ),
        )}
      </blockquote>
      {address && (
        <div className="border-t border-line p-3">
          <ButtonLink href={address} target="_blank" rel="noopener noreferrer" prefetch={false} className="w-full">
            <ExternalLink aria-hidden />
            {t.openDocument}
          </ButtonLink>
        </div>
      )}
    </section>
  );
}

function useFirstQuoteInView(passage: RefObject<HTMLElement | null>, source: Source): void {
  useLayoutEffect(() => {
    const scrolled = passage.current;
    if (!scrolled) return;
    const quote = scrolled.querySelector("mark");
    const below = quote ? quote.getBoundingClientRect().top - scrolled.getBoundingClientRect().top : 0;
    // with some of what stands before it
    scrolled.scrollTop = quote ? scrolled.scrollTop + below - scrolled.clientHeight / 4 : 0;
  }, [passage, source]);
}

/** Who closes the panel from within it is where they came from: at the citation, or in the list of sources. */
function useOpenersFocus(panel: RefObject<HTMLElement | null>, source: Source): void {
  const opener = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && !panel.current?.contains(focused)) opener.current = focused;
  }, [panel, source]);
  useLayoutEffect(() => {
    const section = panel.current;
    return () => {
      if (section?.contains(document.activeElement)) opener.current?.focus();
    };
  }, [panel]);
}

/** Browsers and SharePoint's viewer open a PDF at the page that the fragment names. */
export function deepLink(source: Pick<Source, "file_url" | "page">): string {
  const isPdf = /\.pdf$/i.test(source.file_url.split(/[?#]/)[0] ?? "");
  return isPdf && source.page !== null ? `${source.file_url}#page=${source.page}` : source.file_url;
}
