import type { NextConfig } from "next";

const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  turbopack: {
    root: import.meta.dirname,
    resolveAlias: {
      // It locks scrolling with a <style> element, which the CSP refuses; the page itself never scrolls here.
      "react-remove-scroll": "./src/ui/no-scroll-lock.tsx",
      // It parses style attributes, which the CSP refuses.
      "hast-util-from-html-isomorphic": "./src/features/chat/markdown/html-of-formulas.ts",
    },
  },
};

export default config;
