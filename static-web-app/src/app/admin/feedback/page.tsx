import type { Metadata } from "next";
import { FeedbackPage } from "@/features/admin/feedback/feedback-page";

export const metadata: Metadata = { title: "Feedback" };

export default function Page() {
  return <FeedbackPage />;
}
