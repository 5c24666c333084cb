import type { Metadata } from "next";
import { IndexPage } from "@/features/admin/search-index/index-page";

export const metadata: Metadata = { title: "Search index" };

export default function Page() {
  return <IndexPage />;
}
