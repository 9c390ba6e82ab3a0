/** Keeps the reader's place: at the end while new messages arrive, at the same line while older ones are put before it. */

import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Pixels from the end that still count as the end, and from the top at which older messages are fetched. */
const END_PX = 48;
const TOP_PX = 400;

interface Anchor {
  readonly element: Element;
  readonly top: number;
}

export interface Scroll {
  /** Whether the newest line is in view. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
  readonly onScroll: () => void;
}

export function useScroll(list: RefObject<HTMLElement | null>, nearTop: () => void): Scroll {
  const [atEnd, setAtEnd] = useState(true);
  const pinned = useRef(true);
  const anchor = useRef<Anchor | null>(null);

  const note = (): void => {
    const element = list.current;
    if (!element) return;
    pinned.current = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
    anchor.current = pinned.current ? null : anchorOf(element);
    setAtEnd(pinned.current);
  };
  const hold = (): void => {
    const element = list.current;
    if (!element) return;
    if (pinned.current) element.scrollTop = element.scrollHeight;
    else if (anchor.current?.element.isConnected) {
      element.scrollTop += anchor.current.element.getBoundingClientRect().top - anchor.current.top;
    }
  };

  useLayoutEffect(hold);
  useEffect(() => {
    if (list.current && list.current.scrollTop < TOP_PX) nearTop();
  });
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(hold);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  return {
    atEnd,
    toEnd: () => {
      pinned.current = true;
      anchor.current = null;
      setAtEnd(true);
      hold();
    },
    onScroll: () => {
      note();
      if (list.current && list.current.scrollTop < TOP_PX) nearTop();
    },
  };
}

/** The first line in view. */
function anchorOf(list: HTMLElement): Anchor | null {
  const edge = list.getBoundingClientRect().top;
  for (const element of list.querySelectorAll("li")) {
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom > edge) return { element, top };
  }
  return null;
}
