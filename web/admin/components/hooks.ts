/** Small bridges between Preact, the browser and the server. */

import { useEffect, useState } from "preact/hooks";
import { useVisible } from "../../chat/components/hooks";
import { placeOf, type Place } from "../data/places";

/** Where the address says that we are. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(window.location.hash));
  useEffect(() => {
    const update = (): void => setPlace(placeOf(window.location.hash));
    window.addEventListener("hashchange", update);
    return () => window.removeEventListener("hashchange", update);
  }, []);
  return place;
}

export interface Asked<T> {
  readonly data: T | null;
  /** What went wrong the last time; null when nothing did. */
  readonly fault: Error | null;
  /** Ask again now. */
  readonly again: () => void;
}

/**
 * Ask again and again while the page is seen; `key` says what is asked: another one forgets the answers so far.
 * An answer stays while the next one is on its way, and while the server is not reached.
 */
export function useAsked<T>(ask: (before: T | null) => Promise<T>, key: string, everyMs: number): Asked<T> {
  const visible = useVisible();
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<{ key: string; data: T | null; fault: Error | null }>({ key, data: null, fault: null });
  useEffect(() => {
    if (!visible) return undefined;
    let [over, timer] = [false, 0];
    let before: T | null = answer.key === key ? answer.data : null;
    const run = async (): Promise<void> => {
      try {
        const data = await ask(before);
        before = data;
        if (!over) setAnswer({ key, data, fault: null });
      } catch (fault) {
        if (!over) setAnswer({ key, data: before, fault: fault instanceof Error ? fault : new Error(String(fault)) });
      }
      if (!over) timer = window.setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [key, everyMs, visible, turn]);
  const current = answer.key === key ? answer : { data: null, fault: null };
  return { data: current.data, fault: current.fault, again: () => setTurn((before) => before + 1) };
}

/** A value that has not changed for a moment: what somebody types, once they pause. */
export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), afterMs);
    return () => window.clearTimeout(timer);
  }, [value, afterMs]);
  return settled;
}

/** How wide an element is. */
export function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
