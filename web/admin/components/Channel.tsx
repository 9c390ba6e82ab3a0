import { hashOf } from "../data/places";
import { NOT_AVAILABLE, Refusal } from "../data/server";
import type { History, Publication, Sessions } from "../data/types";
import { text } from "../i18n";
import { count } from "../text/format";
import type { Desk } from "./Frame";
import { useAsked } from "./hooks";
import { Icon } from "./Icon";
import { Message } from "./Message";
import { Head, Named, Notices, Pager, Protocol, sentence, usePages } from "./parts";

const EVERY_MS = 2_000;
const MESSAGES = 50;
const ROWS = 50;

/** One channel: what was said there, and who follows it. */
export function Channel({ desk, name }: { desk: Desk; name: string }) {
  return (
    <section class="detail" aria-label={name}>
      <Head title={name} back={hashOf("channels")}>
        {desk.may("publish") && (
          <a class="button small" href={hashOf("publish", "channel", name)}>
            {text.publishHere}
          </a>
        )}
        {desk.may("trace") && (
          <a class="button outline small" href={hashOf("trace", "channel", name)}>
            <Icon name="trace" />
            {text.traceChannel}
          </a>
        )}
      </Head>
      <div class="detail-columns">
        {desk.may("history") && <Messages desk={desk} channel={name} />}
        {desk.may("sessions") && <Subscribers desk={desk} channel={name} />}
      </div>
    </section>
  );
}

/** The newest messages, above them those that come. */
function Messages({ desk, channel }: { desk: Desk; channel: string }) {
  const { data, fault } = useAsked<History>(
    () => desk.server.call("history", { channel, limit: MESSAGES, reverse: true }),
    channel,
    EVERY_MS,
  );
  const keepsNone = fault instanceof Refusal && fault.code === NOT_AVAILABLE;
  return (
    <section class="card messages" aria-labelledby="messages">
      <header class="card-head">
        <h2 id="messages">{text.history}</h2>
        {data && <span class="hint">{text.position(data.offset)}</span>}
        {data && !fault && <span class="live">{text.live}</span>}
      </header>
      {fault && <p class="nothing">{keepsNone ? text.historyNone : sentence(fault)}</p>}
      {data?.publications.length === 0 && <p class="nothing">{text.historyEmpty}</p>}
      <ol class="message-list">{data?.publications.map((each) => <Message key={keyOf(data, each)} publication={each} />)}</ol>
    </section>
  );
}

const keyOf = (history: History, publication: Publication): string => `${history.epoch} ${publication.offset}`;

function Subscribers({ desk, channel }: { desk: Desk; channel: string }) {
  const pages = usePages(channel);
  const { data, fault } = useAsked<Sessions>(
    () => desk.server.call("sessions", { channel, limit: ROWS, cursor: pages.cursor }),
    `${channel} ${pages.cursor}`,
    EVERY_MS,
  );
  const rows = Object.entries(data?.sessions ?? {});
  return (
    <section class="card subscribers" aria-labelledby="subscribers">
      <header class="card-head">
        <h2 id="subscribers">{text.subscribers}</h2>
        {data && <span class="hint">{count(rows.length, text.locale)}{data.cursor ? "+" : ""}</span>}
      </header>
      <Notices fault={fault} missing={data?.missing} />
      {data && rows.length === 0 && <p class="nothing">{text.noSubscribers}</p>}
      <ul class="people-list">
        {rows.map(([client, session]) => (
          <li key={client}>
            <a href={hashOf("users", "session", client)}>
              <Named name={session.user} />
            </a>
            <Protocol dialect={session.dialect} transport={session.transport} />
          </li>
        ))}
      </ul>
      <Pager pages={pages} next={data?.cursor} />
    </section>
  );
}
