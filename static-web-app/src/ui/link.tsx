"use client";

import { useRouter } from "next/navigation";
import type { ComponentProps, MouseEvent } from "react";

export interface LinkProps extends ComponentProps<"a"> {
  href: string;
  /** Whether the page is fetched as soon as it is pointed at. */
  prefetch?: boolean;
}

/** A link within the app changes the page without loading it anew; any other is an ordinary one. Small on purpose, it is
 *  part of the first load: next/link weighs 4 kB more, for what a static export without locales does not use. */
export function Link({ href, prefetch = true, onClick, onPointerEnter, children, ...props }: LinkProps) {
  const router = useRouter();
  return (
    <a
      href={href}
      onPointerEnter={(event) => {
        onPointerEnter?.(event);
        if (prefetch && isOwn(event.currentTarget)) router.prefetch(href);
      }}
      onClick={(event) => {
        onClick?.(event);
        if (!isPlain(event) || !isOwn(event.currentTarget)) return;
        event.preventDefault();
        router.push(href);
      }}
      {...props}
    >
      {children}
    </a>
  );
}

function isOwn(anchor: HTMLAnchorElement): boolean {
  return anchor.origin === window.location.origin && !anchor.target && !anchor.hasAttribute("download");
}

/** Not one for a new tab, a new window or a file. */
function isPlain(event: MouseEvent): boolean {
  const isModified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !isModified && !event.defaultPrevented;
}
