import { useEffect, useRef, useState } from "preact/hooks";
import { hueOf } from "../../chat/text/names";
import { hashOf, type Place } from "../data/places";
import type { Trace, TraceEvent } from "../data/types";
import { text } from "../i18n";
import { bytes } from "../text/format";
import type { Desk } from "./Frame";
import { Icon } from "./Icon";
import { sentence } from "./parts";

const EVERY_MS = 1_000;
/** Events that the page keeps; the oldest go. */
const KEPT = 1_000;

type Kind = "user" | "session" | "channel";
const KINDS: readonly Kind[] = ["user", "session", "channel"];

/** Choose what is traced, and see it. */
export function TraceView({ desk, kind, name }: Place & { desk: Desk }) {
  const [what, setWhat] = useState<Kind>(KINDS.find((each) => each === kind) ?? "user");
  const [typed, setTyped] = useState(name);
  const begin = (event: Event): void => {
    event.preventDefault();
    window.location.hash = hashOf("trace", what, typed.trim());
  };
  return (
    <section class="trace" aria-labelledby="trace">
      <h1 id="trace">{text.trace}</h1>
      {!name && <p class="hint">{text.traceIntro}</p>}
      <form class="trace-form" onSubmit={begin}>
        <label>
          <span class="hidden">{text.traceWhat}</span>
          <select class="field" value={what} onChange={(event) => setWhat(event.currentTarget.value as Kind)}>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {text.traceKinds[each]}
              </option>
            ))}
          </select>
        </label>
        <label class="trace-name">
          <span class="hidden">{text.traceName}</span>
          <input
            class="field"
            required
            maxLength={255}
            autocomplete="off"
            spellcheck={false}
            placeholder={text.traceName}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button" disabled={!typed.trim() || (typed.trim() === name && what === kind)}>
          {text.start}
        </button>
      </form>
      {name && <Stream desk={desk} kind={kind as Kind} name={name} />}
    </section>
  );
}

interface Heard {
  readonly events: readonly (TraceEvent & { readonly number: number })[];
  readonly lost: number;
  readonly fault: string;
}

const NOTHING: Heard = { events: [], lost: 0, fault: "" };

function Stream({ desk, kind, name }: { desk: Desk; kind: Kind; name: string }) {
  const [heard, setHeard] = useState(NOTHING);
  const [running, setRunning] = useState(true);
  const count = useRef(0);
  useEffect(() => {
    if (!running) return undefined;
    let [over, timer, trace] = [false, 0, ""];
    const target = { [kind === "session" ? "client" : kind]: name };
    const ask = async (): Promise<void> => {
      try {
        const answer = await desk.server.call<Trace>("trace", { ...target, trace });
        if (over) return;
        trace = answer.trace;
        const fresh = answer.events.map((event) => ({ ...event, number: (count.current += 1) })).reverse();
        setHeard((before) => ({
          events: fresh.length > 0 ? [...fresh, ...before.events].slice(0, KEPT) : before.events,
          lost: before.lost + (answer.lost ?? 0),
          fault: "",
        }));
      } catch (fault) {
        if (!over) setHeard((before) => ({ ...before, fault: sentence(fault as Error) }));
      }
      if (!over) timer = window.setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [running, kind, name]);
  return (
    <div class="card stream">
      <header class="card-head">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        {running ? <span class="live">{text.live}</span> : <span class="hint">{text.stopped}</span>}
        <span class="stream-actions">
          <button type="button" class="button outline small" onClick={() => setRunning(!running)}>
            <Icon name={running ? "stop" : "play"} />
            {running ? text.stop : text.start}
          </button>
          <button type="button" class="button quiet small" onClick={() => setHeard(NOTHING)}>
            {text.clear}
          </button>
        </span>
      </header>
      {heard.fault && (
        <p class="note bad" role="alert">
          {heard.fault}
        </p>
      )}
      {heard.lost > 0 && <p class="note warn">{text.lost(heard.lost)}</p>}
      {heard.events.length === 0 && !heard.fault && <p class="nothing">{text.waiting}</p>}
      <ol class="events">
        {heard.events.map((event) => (
          <Line key={event.number} event={event} plain={kind !== "channel"} />
        ))}
      </ol>
    </div>
  );
}

const ARROWS = { in: "→", out: "←", note: "•" } as const;

function Line({ event, plain }: { event: TraceEvent; plain: boolean }) {
  return (
    <li class={`event ${event.way}`}>
      <time>{clock(event.time)}</time>
      {plain && (
        <span class="event-way" title={text.ways[event.way]}>
          <span aria-hidden="true">{ARROWS[event.way]}</span>
          <span class="hidden">{text.ways[event.way]}</span>
        </span>
      )}
      {event.session && (
        <a class="event-session" data-hue={hueOf(event.session)} href={hashOf("users", "session", event.session)}>
          {event.session.slice(-5)}
        </a>
      )}
      <code>{event.text}</code>
      {event.size > 0 && <span class="event-size">{bytes(event.size, text.locale)}</span>}
    </li>
  );
}

const clock = (time: number): string =>
  new Intl.DateTimeFormat(text.locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 }).format(
    time,
  );
