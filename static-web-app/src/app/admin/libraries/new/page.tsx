import type { Metadata } from "next";
import { NewLibraryPage } from "@/features/admin/libraries/adding/new-library-page";

export const metadata: Metadata = { title: "Add a library" };

export default function Page() {
  return <NewLibraryPage />;
}
