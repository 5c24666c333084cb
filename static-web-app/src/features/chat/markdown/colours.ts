import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { common, createLowlight } from "lowlight";
import type { ReactElement } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";

// Grammars are made when the first code of theirs is shown: all at once they hold a frame for 30 ms of CPU.
const lowlight = createLowlight();
/** Longer code is read, if at all, in another program. */
const LONGEST = 30_000;

/** What grammars are also called, by themselves: known before they are made. */
const ALSO_CALLED: Record<string, string> = {
  arduino: "ino",
  bash: "sh zsh",
  c: "h",
  cpp: "cc c++ h++ hpp hh hxx cxx",
  csharp: "cs c#",
  diff: "patch",
  go: "golang",
  graphql: "gql",
  ini: "toml",
  java: "jsp",
  javascript: "js jsx mjs cjs",
  json: "jsonc json5",
  kotlin: "kt kts",
  makefile: "mk mak make",
  markdown: "md mkdown mkd",
  objectivec: "mm objc obj-c",
  perl: "pl pm",
  plaintext: "text txt",
  python: "py gyp ipython",
  "python-repl": "pycon",
  ruby: "rb gemspec podspec thor irb",
  rust: "rs",
  shell: "console shellsession",
  typescript: "ts tsx mts cts",
  vbnet: "vb",
  xml: "html xhtml rss atom xsd xsl plist svg",
  yaml: "yml",
};
const NAMES = new Map(
  Object.entries(ALSO_CALLED).flatMap(([name, also]) => also.split(" ").map((each) => [each, name])),
);

/** What is written within a language in another one. */
const WITHIN: Record<string, readonly string[]> = {
  javascript: ["xml", "css", "graphql"],
  markdown: ["xml"],
  "php-template": ["xml", "php"],
  "python-repl": ["python"],
  shell: ["bash"],
  typescript: ["xml", "css", "graphql"],
  xml: ["css", "javascript"],
  yaml: ["ruby"],
};

/** Null for a language that is not known. */
export function colour(code: string, language: string): ReactElement | null {
  const name = NAMES.get(language.toLowerCase()) ?? language.toLowerCase();
  if (code.length > LONGEST || !learn(name)) return null;
  return toJsxRuntime(lowlight.highlight(name, code), { Fragment, jsx, jsxs }) as ReactElement;
}

function learn(name: string): boolean {
  if (lowlight.registered(name)) return true;
  const grammar = Object.hasOwn(common, name) ? common[name] : undefined;
  if (!grammar) return false;
  lowlight.register(name, grammar);
  for (const other of WITHIN[name] ?? []) learn(other);
  return true;
}
