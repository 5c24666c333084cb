"use client";

import { useEffect, useState, type ComponentProps } from "react";
import Markdown, { type Components, type Options } from "react-markdown";
import remarkGfm from "remark-gfm";
import { useMessages } from "@/i18n/messages";
import { answerMessages } from "../thread/messages";
import { safeAddress } from "./addresses";
import { Citation, NotBorneOut } from "./citation";
import { citations, notBorneOut } from "./citation-nodes";
import { CodeBlock } from "./code-block";
import { hasMath, withMathMarked } from "./math";

interface BlockViewProps {
  source: string;
  cited: boolean;
  /** Sentences, with U+0000 between them. */
  unsupported: string;
}

/** One block. Raw HTML stays text, addresses are http, https or mailto, and nothing is fetched from anywhere (S16). */
export function BlockView({ source, cited, unsupported }: BlockViewProps) {
  const marked = withMathMarked(source);
  const math = useMath(hasMath(marked));
  const rehype: Options["rehypePlugins"] = [...(math?.rehype ?? [])];
  if (unsupported) rehype.push(notBorneOut(unsupported.split("\u0000")));
  if (cited) rehype.push(citations);
  return (
    <Markdown
      remarkPlugins={math ? [remarkGfm, ...math.remark] : REMARK}
      rehypePlugins={rehype}
      urlTransform={safeAddress}
      components={COMPONENTS}
    >
      {marked}
    </Markdown>
  );
}

const REMARK = [remarkGfm];

function Anchor({ href, children }: ComponentProps<"a">) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

/** A picture elsewhere would tell its server who reads what: it is shown as a link. */
function Picture({ src, alt }: ComponentProps<"img">) {
  const t = useMessages(answerMessages);
  return <Anchor href={typeof src === "string" ? src : undefined}>{t.image(alt ?? "")}</Anchor>;
}

function Scrolling({ children }: ComponentProps<"table">) {
  return (
    <div className="answer-table">
      <table>{children}</table>
    </div>
  );
}

/** The box of a task list: something to read, not to tick. */
function Done({ checked }: ComponentProps<"input">) {
  const t = useMessages(answerMessages);
  return (
    <span role="img" aria-label={checked ? t.done : t.open} className="answer-task" data-done={checked || undefined} />
  );
}

const COMPONENTS = {
  a: Anchor,
  img: Picture,
  pre: CodeBlock,
  table: Scrolling,
  input: Done,
  // the page's own heading is the only h1
  h1: "h2",
  "cite-ref": Citation,
  "not-borne-out": NotBorneOut,
} as Components;

type Plugins = typeof import("./math-plugins");

/** The formula renderer and its fonts, once there is a formula. */
function useMath(wanted: boolean): Plugins | null {
  const [plugins, setPlugins] = useState<Plugins | null>(null);
  useEffect(() => {
    if (wanted) void import("./math-plugins").then(setPlugins);
  }, [wanted]);
  return wanted ? plugins : null;
}
