import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

/** At the end is who sees it, give or take a line. */
const NEAR_PX = 48;

/** Keeps the end in view while text is added, but only for a reader who is there. */
export function useFollow(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const following = useRef(true);
  const toEnd = useCallback(() => {
    following.current = true;
    setIsAtEnd(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);
  const release = useCallback(() => {
    following.current = false;
  }, []);
  useEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (!element || !inner) return;
    let lastTop = element.scrollTop;
    const onScroll = () => {
      const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      // growing text moves the end away from a reader who has not moved: only scrolling up lets go
      if (near) following.current = true;
      else if (element.scrollTop < lastTop) following.current = false;
      lastTop = element.scrollTop;
      setIsAtEnd(near || following.current);
    };
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
      else onScroll();
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(inner);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, [scroller, content]);
  return { isAtEnd, toEnd, release };
}
