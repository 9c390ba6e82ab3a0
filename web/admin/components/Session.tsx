import { hashOf } from "../data/places";
import type { Sessions } from "../data/types";
import { text } from "../i18n";
import { bytes, duration } from "../text/format";
import type { Desk } from "./Frame";
import { useAsked } from "./hooks";
import { Icon } from "./Icon";
import { Kick } from "./Kick";
import { Push } from "./Push";
import { Head, Named, Notices, Protocol } from "./parts";

const EVERY_MS = 2_000;

/** One session: what it is, and what it follows. */
export function Session({ desk, id }: { desk: Desk; id: string }) {
  const { data, fault, again } = useAsked<Sessions>(() => desk.server.call("sessions", { client: id }), id, EVERY_MS);
  const session = data?.sessions[id];
  return (
    <section class="detail" aria-label={id}>
      <Head title={id} back={session?.user ? hashOf("users", "user", session.user) : hashOf("users")}>
        {session && desk.may("trace") && (
          <a class="button outline small" href={hashOf("trace", "session", id)}>
            <Icon name="trace" />
            {text.traceUser}
          </a>
        )}
        {session && desk.may("push") && <Push desk={desk} whom={{ client: id }} label={text.pushSession(session.user || id)} />}
        {session && desk.may("disconnect") && (
          <Kick desk={desk} whom={{ client: id }} ask={text.kickSessionAsk(session.user || id)} label={text.kick} onDone={again} />
        )}
      </Head>
      <Notices fault={fault} missing={data?.missing} />
      {data && !session && <p class="nothing">{text.gone}</p>}
      {session && (
        <div class="card facts">
          <dl>
            <dt>{text.user}</dt>
            <dd>
              {session.user ? (
                <a href={hashOf("users", "user", session.user)}>
                  <bdi>{session.user}</bdi>
                </a>
              ) : (
                <Named name="" />
              )}
            </dd>
            <dt>{text.protocol}</dt>
            <dd>
              <Protocol dialect={session.dialect} transport={session.transport} />
            </dd>
            <dt>{text.from}</dt>
            <dd>{session.peer || "–"}</dd>
            <dt>{text.connected}</dt>
            <dd>{duration(session.age, text)}</dd>
            <dt>{text.backlog}</dt>
            <dd>{bytes(session.backlog, text.locale)}</dd>
            <Words name={text.tags} words={session.tags} />
            <Words name={text.groups} words={session.groups} />
            <dt>{text.node}</dt>
            <dd>
              <code>{session.node}</code>
            </dd>
          </dl>
          <h2>{text.follows}</h2>
          {session.channels?.length === 0 && <p class="hint">{text.followsNothing}</p>}
          <ul class="chips">
            {session.channels?.map((channel) => (
              <li key={channel}>
                <a class="chip plain" href={hashOf("channels", "channel", channel)}>
                  <bdi>{channel}</bdi>
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

/** A row of words, where there are any. */
function Words({ name, words }: { name: string; words: readonly string[] | undefined }) {
  if (!words || words.length === 0) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd class="chips">
        {words.map((word) => (
          <span key={word} class="chip plain">
            {word}
          </span>
        ))}
      </dd>
    </>
  );
}
