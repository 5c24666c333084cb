import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { App } from "./frame/app";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Nexus", template: "%s · Nexus" },
  description: "Answers from your company’s documents, each with its source.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fafbfc" },
    { media: "(prefers-color-scheme: dark)", color: "#14171b" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // public/theme.js changes lang and data-theme before React sees them
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} suppressHydrationWarning>
      <head>
        {/* blocks the first paint on purpose: it decides the theme */}
        {/* eslint-disable-next-line @next/next/no-sync-scripts */}
        <script src="/theme.js" />
        {/* asked for by src/api/config.ts before anything else */}
        <link rel="preload" href="/config.json" as="fetch" crossOrigin="anonymous" />
      </head>
      <body>
        <App>{children}</App>
      </body>
    </html>
  );
}
