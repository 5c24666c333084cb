"use client";

import { Check, Copy } from "lucide-react";
import { isValidElement, startTransition, useEffect, useState, type ComponentProps, type ReactNode } from "react";
import { useMessages } from "@/i18n/messages";
import { IconButton } from "@/ui/button";
import { answerMessages } from "../thread/messages";

/** Code with its language, a way to copy it, and colours once the highlighter is there. */
export function CodeBlock({ children }: ComponentProps<"pre">) {
  const t = useMessages(answerMessages);
  const { code, language } = codeIn(children);
  const coloured = useColours(code, language);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <figure className="answer-code" aria-label={language ? `${t.code}: ${language}` : t.code}>
      <figcaption>
        <span>{language}</span>
        <IconButton label={copied ? t.copied : t.copyCode} onClick={() => void copy()} className="size-7">
          {copied ? <Check /> : <Copy />}
        </IconButton>
      </figcaption>
      {/* focusable, so that the keyboard can scroll it */}
      <pre tabIndex={0}>
        <code>{coloured ?? code}</code>
      </pre>
    </figure>
  );
}

function codeIn(children: ReactNode): { code: string; language: string } {
  if (!isValidElement<{ className?: string; children?: unknown }>(children)) return { code: "", language: "" };
  const { className = "", children: code } = children.props;
  return {
    code: typeof code === "string" ? code.replace(/\n$/, "") : "",
    language: /language-([\w+#-]+)/.exec(className)?.[1] ?? "",
  };
}

// Colours of what grows would be thrown away with the next token.
const SETTLED_MS = 300;

function useColours(code: string, language: string): ReactNode {
  const [coloured, setColoured] = useState<{ code: string; nodes: ReactNode } | null>(null);
  useEffect(() => {
    if (!language || !code) return;
    let wanted = true;
    const timer = setTimeout(() => {
      void import("./colours").then(({ colour }) => {
        if (wanted) startTransition(() => setColoured({ code, nodes: colour(code, language) }));
      });
    }, SETTLED_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [code, language]);
  return coloured?.code === code ? coloured.nodes : null;
}
