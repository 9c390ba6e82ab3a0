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
  // Measured here, before this rendering changes the lines; the effect below puts the line back.
  const anchor = list.current && !pinned.current ? anchorOf(list.current) : null;
  const toBottom = (): void => {
    const element = list.current;
    if (element && pinned.current) element.scrollTop = element.scrollHeight;
  };

  useLayoutEffect(() => {
    toBottom();
    if (pinned.current || !anchor?.element.isConnected || !list.current) return;
    list.current.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
  });
  useEffect(() => {
    if (list.current && list.current.scrollTop < TOP_PX) nearTop();
  });
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(toBottom);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  return {
    atEnd,
    toEnd: () => {
      pinned.current = true;
      setAtEnd(true);
      toBottom();
    },
    onScroll: () => {
      const element = list.current;
      if (!element) return;
      pinned.current = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
      setAtEnd(pinned.current);
      if (element.scrollTop < TOP_PX) nearTop();
    },
  };
}

/** The first bubble that is wholly in view, or a taller one. Bubbles stay; labels and lines between them may go. */
function anchorOf(list: HTMLElement): Anchor | null {
  const edge = list.getBoundingClientRect().top;
  let tall: Anchor | null = null;
  for (const element of list.querySelectorAll(".bubble")) {
    const { top, bottom } = element.getBoundingClientRect();
    if (top >= edge) return tall && top > list.getBoundingClientRect().bottom ? tall : { element, top };
    if (bottom > edge) tall = { element, top };
  }
  return tall;
}
