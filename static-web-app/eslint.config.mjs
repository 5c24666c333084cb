import next from "@next/eslint-plugin-next";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import typescript from "typescript-eslint";

// Imports point down, as in the Python tree: app → features → ui, api, i18n. Features do not import each other, but
// for the chat: notebooks reuse it, and the administration shows answers as it does.
const features = ["account", "admin", "chat", "notebook"];
const allowed = { admin: ["chat"], notebook: ["chat"] };
const layers = [
  { files: ["src/{ui,api,i18n}/**"], patterns: ["@/features/*", "@/app/*"] },
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    patterns: [
      "@/app/*",
      ...features
        .filter((other) => other !== feature && !(allowed[feature] ?? []).includes(other))
        .map((other) => `@/features/${other}/*`),
    ],
  })),
];

export default typescript.config(
  { ignores: [".next/", "out/", "next-env.d.ts", "src/api/schema.ts", "public/"] },
  ...typescript.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.mjs", "scripts/*.mjs"] } } },
    plugins: { "@next/next": next, "react-hooks": hooks, "jsx-a11y": a11y },
    rules: {
      ...next.configs.recommended.rules,
      ...next.configs["core-web-vitals"].rules,
      ...a11y.flatConfigs.recommended.rules,
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // regions that scroll are focusable, so that the keyboard can scroll them
      "jsx-a11y/no-noninteractive-tabindex": [
        "error",
        { tags: ["pre", "blockquote", "span"], roles: ["tabpanel", "region"] },
      ],
      "no-console": "error",
    },
  },
  ...layers.map(({ files, patterns }) => ({
    files,
    rules: { "no-restricted-imports": ["error", { patterns }] },
  })),
  // what the whole catalogue must hold is asked of all of its parts
  { files: ["src/i18n/*.test.ts"], rules: { "no-restricted-imports": "off" } },
  { files: ["*.mjs", "scripts/*.mjs"], ...typescript.configs.disableTypeChecked },
  { files: ["*.mjs", "scripts/*.mjs", "e2e/*.ts"], rules: { "no-console": "off" } },
);
