import type { Metadata } from "next";
import { ExplainPage } from "@/features/admin/documents/explain/explain-page";

export const metadata: Metadata = { title: "Why is it not found?" };

export default function Page() {
  return <ExplainPage />;
}
