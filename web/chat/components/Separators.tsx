import { text } from "../i18n";
import type { Divider, Gap, Notice } from "../state/types";
import { clockLabel, dayLabel } from "../text/dates";

export function DayLine({ time, now }: { time: number; now: number }) {
  return (
    <li class="line day">
      <span>{dayLabel(time, now, text)}</span>
    </li>
  );
}

export function DividerLine({ cause }: { cause: Divider["cause"] }) {
  return (
    <li class="line divider">
      <span>{cause === "unread" ? text.dividerUnread : text.dividerMissed}</span>
    </li>
  );
}

export function GapLine({ gap, onFill }: { gap: Gap; onFill: (key: string) => void }) {
  if (gap.state === "lost") {
    return (
      <li class="line gap">
        <span>{text.gapLost}</span>
      </li>
    );
  }
  return (
    <li class="line gap">
      <span>{gap.state === "loading" ? text.gapLoading : text.gapOpen}</span>
      {gap.state === "open" && (
        <button type="button" class="link-button" onClick={() => onFill(gap.key)}>
          {text.gapFill}
        </button>
      )}
    </li>
  );
}

/** More names than these are summed up. */
const NAMES_SHOWN = 3;

function namesOf(users: readonly string[]): string {
  const list = new Intl.ListFormat(text.locale, { type: "conjunction" });
  if (users.length <= NAMES_SHOWN) return list.format(users);
  const shown = users.slice(0, NAMES_SHOWN - 1);
  const rest = text.tag.startsWith("zh") ? users.length : users.length - shown.length;
  return text.andOthers(shown.join(text.tag.startsWith("zh") ? "、" : ", "), rest);
}

/** The sentence of a notice. */
export function noticeText({ kind, users }: Pick<Notice, "kind" | "users">): string {
  const names = namesOf(users);
  return kind === "joined" ? text.joined(names) : text.left(names);
}

export function NoticeLine({ notice }: { notice: Notice }) {
  return (
    <li class="notice">
      <span>{noticeText(notice)}</span> <time class="time">{clockLabel(notice.time, text.locale)}</time>
    </li>
  );
}
