import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { common, createLowlight } from "lowlight";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";
import { expect, it } from "vitest";
import { colour } from "./colours";

const all = createLowlight(common);

const SAMPLES: Record<string, string> = {
  html: "<style>a { color: red }</style><script>const a = `x`; // note</script><p class='b'>text</p>",
  tsx: "const a: number = 1; const view = <p title={`x`}>{a}</p>; const c = css`a { color: red }`;",
  py: "@cached\ndef a(b: int) -> str:\n    return f'{b}'  # note",
  "c#": 'public string A => $"b {1}";',
  sh: 'for a in *; do echo "$a"; done',
  console: "$ ls -la | grep 'a'",
  yml: "a: 1\nb: <% c = 2 %>",
  toml: '[a]\nb = "c"',
  md: "# a\n\n<b title='c'>*d*</b>\n\n    code",
  "php-template": "<p><?php echo $a; ?></p>",
  pycon: ">>> a = 'b'",
  SQL: "SELECT count(*) FROM a WHERE b = 'c'",
};

it.each(Object.entries(SAMPLES))("colours %s as if every grammar had been there from the start", (language, code) => {
  const drawn = colour(code, language);
  expect(drawn).toEqual(toJsxRuntime(all.highlight(language.toLowerCase(), code), { Fragment, jsx, jsxs }));
  expect(JSON.stringify(drawn)).toContain("hljs-");
});

it.each(Object.keys(common))("knows %s", (language) => {
  expect(colour("a", language)).not.toBeNull();
});

it("leaves what it does not know, and what is very long, as it is", () => {
  expect(colour("a", "mermaid")).toBeNull();
  expect(colour("a", "constructor")).toBeNull();
  expect(colour("a".repeat(40_000), "python")).toBeNull();
});
