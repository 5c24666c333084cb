import Link from "next/link";
import type { ComponentProps } from "react";
import { classes } from "@/ui/classes";

/** A link in a table or in a sentence. */
export function TextLink({ className, ...props }: ComponentProps<typeof Link>) {
  return (
    <Link className={classes("rounded-sm text-accent-text underline-offset-2 hover:underline", className)} {...props} />
  );
}
