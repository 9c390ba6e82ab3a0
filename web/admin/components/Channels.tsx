import { useState } from "preact/hooks";
import { hashOf, type Place } from "../data/places";
import type { Channels as Found } from "../data/types";
import { text } from "../i18n";
import { count } from "../text/format";
import { Channel } from "./Channel";
import type { Desk } from "./Frame";
import { useAsked, useSettled } from "./hooks";
import { Notices, Pager, patternOf, Search, usePages } from "./parts";

const EVERY_MS = 3_000;
const ROWS = 50;
const PAUSE_MS = 250;

/** The channels that somebody follows; and one of them beside, where the address names it. */
export function Channels({ desk, name }: Place & { desk: Desk }) {
  return (
    <div class={name ? "split chosen" : "split"}>
      <List desk={desk} chosen={name} />
      {name && <Channel key={name} desk={desk} name={name} />}
    </div>
  );
}

function List({ desk, chosen }: { desk: Desk; chosen: string }) {
  const [typed, setTyped] = useState("");
  const pattern = patternOf(useSettled(typed, PAUSE_MS));
  const pages = usePages(pattern);
  const { data, fault } = useAsked<Found>(
    () => desk.server.call("channels", { pattern, limit: ROWS, cursor: pages.cursor }),
    `${pattern} ${pages.cursor}`,
    EVERY_MS,
  );
  const rows = Object.entries(data?.channels ?? {});
  const most = Math.max(1, ...rows.map(([, row]) => row.num_clients));
  return (
    <section class="list" aria-labelledby="channels">
      <header class="list-head">
        <h1 id="channels">{text.channels}</h1>
        <Search value={typed} onChange={setTyped} />
      </header>
      <Notices fault={fault} missing={data?.missing} />
      {!data && !fault && <p class="hint">{text.loading}</p>}
      {data && rows.length === 0 && <p class="nothing">{pattern ? text.nothingFound : text.noChannels}</p>}
      {rows.length > 0 && (
        <table class="card rows">
          <thead>
            <tr>
              <th scope="col">{text.name}</th>
              <th scope="col" class="num">
                {text.subscribers}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, row]) => (
              <tr key={name} class={name === chosen ? "current" : undefined}>
                <th scope="row" dir="auto">
                  <a href={hashOf("channels", "channel", name)} aria-current={name === chosen ? "true" : undefined}>
                    {name}
                  </a>
                </th>
                <td class="num">
                  <Bar part={row.num_clients / most} />
                  <span class="bar-number">{count(row.num_clients, text.locale)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pager pages={pages} next={data?.cursor} />
    </section>
  );
}

/** How much of the most a row has. */
export const Bar = ({ part }: { part: number }) => (
  <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect width={Math.max(1, part * 100)} height="6" />
  </svg>
);
