import type { Metadata } from "next";
import { CasesPage } from "@/features/admin/feedback/cases-page";

export const metadata: Metadata = { title: "Evaluation cases" };

export default function Page() {
  return <CasesPage />;
}
