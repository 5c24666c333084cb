import type { Metadata } from "next";
import { CallbackPage } from "@/features/account/callback-page";

export const metadata: Metadata = { title: "Sign in" };

export default function Page() {
  return <CallbackPage />;
}
