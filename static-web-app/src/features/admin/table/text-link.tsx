import { classes } from "@/ui/classes";
import { Link, type LinkProps } from "@/ui/link";

/** A link in a table or in a sentence. */
export function TextLink({ className, ...props }: LinkProps) {
  return (
    <Link className={classes("rounded-sm text-accent-text underline-offset-2 hover:underline", className)} {...props} />
  );
}
