import { useState } from "preact/hooks";
import { Avatar } from "../../chat/components/Avatar";
import { hashOf, type Place } from "../data/places";
import type { Users as Found } from "../data/types";
import { text } from "../i18n";
import type { Desk } from "./Frame";
import { useAsked, useSettled } from "./hooks";
import { Notices, Pager, patternOf, Search, usePages } from "./parts";
import { Session } from "./Session";
import { User } from "./User";

const EVERY_MS = 3_000;
const ROWS = 50;
const PAUSE_MS = 250;

/** The users who are connected; and one of them, or a session, beside. */
export function Users({ desk, kind, name }: Place & { desk: Desk }) {
  return (
    <div class={name ? "split chosen" : "split"}>
      <List desk={desk} chosen={kind === "user" ? name : ""} />
      {kind === "user" && <User key={name} desk={desk} name={name} />}
      {kind === "session" && <Session key={name} desk={desk} id={name} />}
    </div>
  );
}

function List({ desk, chosen }: { desk: Desk; chosen: string }) {
  const [typed, setTyped] = useState("");
  const pattern = patternOf(useSettled(typed, PAUSE_MS));
  const pages = usePages(pattern);
  const { data, fault } = useAsked<Found>(
    () => desk.server.call("users", { pattern, limit: ROWS, cursor: pages.cursor }),
    `${pattern} ${pages.cursor}`,
    EVERY_MS,
  );
  const rows = Object.entries(data?.users ?? {});
  return (
    <section class="list" aria-labelledby="users">
      <header class="list-head">
        <h1 id="users">{text.users}</h1>
        <Search value={typed} onChange={setTyped} />
      </header>
      <Notices fault={fault} missing={data?.missing} />
      {!data && !fault && <p class="hint">{text.loading}</p>}
      {data && rows.length === 0 && <p class="nothing">{pattern ? text.nothingFound : text.noUsers}</p>}
      {rows.length > 0 && (
        <ul class="card rows people-rows">
          {rows.map(([name, row]) => (
            <li key={name} class={name === chosen ? "current" : undefined}>
              <Avatar name={name} small />
              <a href={hashOf("users", "user", name)} aria-current={name === chosen ? "true" : undefined}>
                {name}
              </a>
              <span class="hint">{text.numSessions(row.num_sessions)}</span>
            </li>
          ))}
        </ul>
      )}
      <Pager pages={pages} next={data?.cursor} />
    </section>
  );
}
