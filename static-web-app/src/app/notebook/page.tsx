import type { Metadata } from "next";
import { Suspense } from "react";
import { NotebookPage } from "@/features/notebook/notebook-page";

export const metadata: Metadata = { title: "Notebooks" };

export default function Page() {
  return (
    <Suspense>
      <NotebookPage />
    </Suspense>
  );
}
