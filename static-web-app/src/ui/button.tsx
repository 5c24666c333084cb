import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";
import { Link, type LinkProps } from "./link";

const LOOKS = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border border-line bg-surface text-text hover:bg-hover",
  quiet: "text-text hover:bg-hover",
  danger: "bg-danger text-on-danger hover:opacity-90",
};
const SIZES = { small: "h-8 gap-1.5 px-2.5", medium: "h-9 gap-2 px-3.5" };

interface Looks {
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
}

function looksOf({ look = "secondary", size = "medium" }: Looks, className: string | undefined): string {
  return classes(
    "inline-flex shrink-0 items-center justify-center rounded text-sm font-semibold whitespace-nowrap transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4",
    LOOKS[look],
    SIZES[size],
    className,
  );
}

export function Button({ look, size, className, ...props }: ComponentProps<"button"> & Looks) {
  return <button type="button" className={looksOf({ look, size }, className)} {...props} />;
}

/** A link that looks like a button: it goes somewhere, and does nothing else. */
export function ButtonLink({ look, size, className, ...props }: LinkProps & Looks) {
  return <Link className={looksOf({ look, size }, className)} {...props} />;
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label" | "title"> {
  /** Its name for who cannot see the icon, and its tooltip. */
  label: string;
  children: ReactNode;
}

export function IconButton({ label, className, children, ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      data-tip={label}
      className={classes(
        "inline-flex size-8 shrink-0 items-center justify-center rounded text-muted transition-colors hover:bg-hover hover:text-text",
        "disabled:cursor-not-allowed disabled:opacity-50 aria-pressed:text-accent-text data-[state=open]:bg-hover [&_svg]:size-4",
        className,
      )}
      {...props}
    >
      {children}
    </button>
  );
}
