import { hashOf } from "../data/places";
import type { Sessions } from "../data/types";
import { text } from "../i18n";
import { bytes, duration } from "../text/format";
import type { Desk } from "./Frame";
import { useAsked } from "./hooks";
import { Icon } from "./Icon";
import { Kick } from "./Kick";
import { Push } from "./Push";
import { Head, Notices, Pager, Protocol, usePages } from "./parts";

const EVERY_MS = 3_000;
const ROWS = 50;

/** One user: the sessions on all nodes. */
export function User({ desk, name }: { desk: Desk; name: string }) {
  const pages = usePages(name);
  const { data, fault, again } = useAsked<Sessions>(
    () => desk.server.call("sessions", { user: name, limit: ROWS, cursor: pages.cursor }),
    `${name} ${pages.cursor}`,
    EVERY_MS,
  );
  const rows = Object.entries(data?.sessions ?? {});
  return (
    <section class="detail" aria-label={name}>
      <Head title={name} back={hashOf("users")}>
        {desk.may("trace") && (
          <a class="button outline small" href={hashOf("trace", "user", name)}>
            <Icon name="trace" />
            {text.traceUser}
          </a>
        )}
        {desk.may("push") && rows.length > 0 && <Push desk={desk} whom={{ user: name }} label={text.pushUser(name)} />}
        {desk.may("disconnect") && rows.length > 0 && (
          <Kick desk={desk} whom={{ user: name }} ask={text.kickUserAsk(name)} label={text.kickUser} onDone={again} />
        )}
      </Head>
      <Notices fault={fault} missing={data?.missing} />
      {data && rows.length === 0 && <p class="nothing">{text.gone}</p>}
      <ul class="sessions">
        {rows.map(([client, session]) => (
          <li key={client} class="card session">
            <p class="session-head">
              <a href={hashOf("users", "session", client)}>
                <code>{client}</code>
              </a>
              <Protocol dialect={session.dialect} transport={session.transport} />
            </p>
            <p class="hint">
              {session.peer || "–"} · {duration(session.age, text)} · {text.channels}: {session.num_channels}
              {session.backlog > 0 && ` · ${text.backlog}: ${bytes(session.backlog, text.locale)}`} · {text.node}{" "}
              <code>{session.node}</code>
            </p>
          </li>
        ))}
      </ul>
      <Pager pages={pages} next={data?.cursor} />
    </section>
  );
}
