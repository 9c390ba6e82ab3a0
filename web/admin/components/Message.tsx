import { useState } from "preact/hooks";
import { hueOf } from "../../chat/text/names";
import { momentLabel } from "../../chat/text/dates";
import type { Publication } from "../data/types";
import { text } from "../i18n";
import { compact, pretty } from "../text/json";

const LONG = 160;

/** One message: when, who, what; the whole of a long one when it is asked for. */
export function Message({ publication }: { publication: Publication }) {
  const { data, offset, time, info, tags } = publication;
  const [open, setOpen] = useState(false);
  const short = compact(data);
  const long = short.length > LONG || typeof data === "object";
  return (
    <li class="entry">
      <p class="entry-head">
        {time ? <time title={momentLabel(time, text.locale)}>{clock(time)}</time> : null}
        {info && (
          <span class="entry-who" dir="auto" title={info.user} data-hue={hueOf(info.user || info.client)}>
            {info.user || info.client}
          </span>
        )}
        {Object.entries(tags ?? {}).map(([name, value]) => (
          <span key={name} class="chip plain">
            {name}={value}
          </span>
        ))}
        {offset > 0 && <span class="entry-offset">{offset}</span>}
      </p>
      {long ? (
        <button type="button" class="entry-data" aria-expanded={open} onClick={() => setOpen(!open)}>
          <code class={open ? "open" : undefined}>{open ? pretty(data) : short.slice(0, 4 * LONG)}</code>
        </button>
      ) : (
        <p class="entry-data">
          <code>{short}</code>
        </p>
      )}
    </li>
  );
}

const clock = (time: number): string => new Intl.DateTimeFormat(text.locale, { timeStyle: "medium" }).format(time);
