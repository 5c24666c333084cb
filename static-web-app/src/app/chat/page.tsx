import type { Metadata } from "next";
import { Suspense } from "react";
import { ChatPage } from "@/features/chat/chat-page";

export const metadata: Metadata = { title: "Chat" };

export default function Page() {
  return (
    <Suspense>
      <ChatPage />
    </Suspense>
  );
}
