"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** `/` is the chats; the host says so too (staticwebapp.config.json), which saves a step. */
export default function Home() {
  const router = useRouter();
  useEffect(() => router.replace("/chat"), [router]);
  return null;
}
