"use client";

import { lazy, memo, Suspense, useDeferredValue, useState } from "react";
import { BlockSplitter, type Block } from "./blocks";
import "./answer.css";

const loadBlockView = () => import("./block-view");
const BlockView = lazy(() => loadBlockView().then((module) => ({ default: module.BlockView })));

/** Fetches what draws Markdown, before the first answer comes. */
export function preloadMarkdown(): void {
  void loadBlockView();
}

const NOTHING: Block[] = [];

interface AnswerTextProps {
  text: string;
  cited: boolean;
  unsupported: readonly string[];
}

/** An answer's Markdown, block by block: those that are finished are drawn once. Drawing may be interrupted by the
 *  frames between, however long the text is. */
export const AnswerText = memo(function AnswerText({ text, cited, unsupported }: AnswerTextProps) {
  const [splitter] = useState(() => new BlockSplitter());
  const blocks = useDeferredValue(splitter.blocks(text), NOTHING);
  return (
    <div className="answer">
      {blocks.map((block) => (
        <OneBlock key={block.key} block={block} cited={cited} unsupported={sentencesIn(block.source, unsupported)} />
      ))}
    </div>
  );
});

/** Joined, so that blocks without any keep the same property. */
function sentencesIn(source: string, unsupported: readonly string[]): string {
  return unsupported.filter((sentence) => source.includes(sentence)).join("\u0000");
}

interface OneBlockProps {
  block: Block;
  cited: boolean;
  unsupported: string;
}

const OneBlock = memo(
  function OneBlock({ block, cited, unsupported }: OneBlockProps) {
    return (
      <div data-continues={block.continues || undefined}>
        <Suspense fallback={<p className="whitespace-pre-wrap">{block.source.trim()}</p>}>
          <BlockView source={block.source} cited={cited} unsupported={unsupported} />
        </Suspense>
      </div>
    );
  },
  (before, after) =>
    before.block.source === after.block.source &&
    before.cited === after.cited &&
    before.unsupported === after.unsupported,
);
