import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../i18n";
import type { Room } from "../state/types";
import { noticeText } from "./Separators";

/** Lines kept for those who look back with a screen reader. */
const KEPT = 20;

/**
 * Reads new lines out, politely. It is apart from the visible list, because older messages are put into that
 * one in front, and nobody wants fifty of those read aloud.
 */
export function Announcer({ room, self }: { room: Room; self: string }) {
  const [lines, setLines] = useState<readonly { key: string; line: string }[]>([]);
  const heard = useRef<{ offset: number; era: number; notice: string } | null>(null);
  useEffect(() => {
    if (room.membership !== "joined") return;
    const now = { offset: room.top, era: room.era, notice: room.notices.at(-1)?.key ?? "" };
    const before = heard.current;
    heard.current = now;
    if (!before || before.era !== room.era) return;
    const messages = room.messages
      .filter((m) => m.era === room.era && m.offset > before.offset && m.sender !== self)
      .map((m) => ({ key: m.key, line: text.says(m.sender || text.anonymous, m.text) }));
    const last = room.notices.at(-1);
    const notices = last && last.key !== before.notice ? [{ key: last.key, line: noticeText(last) }] : [];
    const fresh = [...messages, ...notices];
    if (fresh.length > 0) setLines((old) => [...old, ...fresh].slice(-KEPT));
  }, [room, self]);
  return (
    <div class="hidden" role="log" aria-live="polite" aria-relevant="additions" aria-label={text.messages(room.name)}>
      {lines.map(({ key, line }) => (
        <p key={key}>{line}</p>
      ))}
    </div>
  );
}
