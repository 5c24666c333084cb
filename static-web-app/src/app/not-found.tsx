"use client";

import dynamic from "next/dynamic";

// every page brings this one along: what it shows comes when it is shown
const Nowhere = dynamic(() => import("./frame/nowhere").then((module) => module.Nowhere), { ssr: false });

export default function NotFound() {
  return <Nowhere />;
}
