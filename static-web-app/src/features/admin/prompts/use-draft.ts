import { useEffect, useState } from "react";

/** A text that is being written: a reload or a wrong click does not lose it. It lives as long as the tab. */
export function useDraft(name: string, begin: string) {
  const key = `nexus.draft.${name}`;
  const [kept] = useState(() => sessionStorage.getItem(key));
  const [text, setText] = useState(kept ?? begin);
  const isChanged = text !== begin;
  useEffect(() => {
    if (isChanged) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  }, [key, text, isChanged]);
  return { text, setText, isChanged, wasKept: kept !== null, forget: () => sessionStorage.removeItem(key) };
}
