import type { Metadata } from "next";
import { RetentionPage } from "@/features/admin/retention/retention-page";

export const metadata: Metadata = { title: "Retention" };

export default function Page() {
  return <RetentionPage />;
}
