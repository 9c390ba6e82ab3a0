import { Mark } from "../../chat/components/Icon";
import { hashOf, type View } from "../data/places";
import type { Server } from "../data/server";
import type { Welcome } from "../data/types";
import { text } from "../i18n";
import { Channels } from "./Channels";
import { Icon } from "./Icon";
import { Overview } from "./Overview";
import { PublishView } from "./Publish";
import { TraceView } from "./Trace";
import { Users } from "./Users";
import { usePlace } from "./hooks";

/** What every part of the page has to hand. */
export interface Desk {
  readonly server: Server;
  readonly may: (method: string) => boolean;
}

const NEEDS: Readonly<Record<View, string>> = {
  overview: "info",
  channels: "channels",
  users: "users",
  publish: "publish",
  trace: "trace",
};

interface Props {
  readonly server: Server;
  readonly welcome: Welcome;
  readonly onLeave: () => void;
}

/** The sections, and the one that is looked at. */
export function Frame({ server, welcome, onLeave }: Props) {
  const place = usePlace();
  const desk: Desk = { server, may: (method) => welcome.may.includes(method) };
  const views = (Object.keys(NEEDS) as View[]).filter((view) => desk.may(NEEDS[view]));
  const section = { ...place, desk };
  return (
    <div class="frame">
      <a class="skip" href="#content" onClick={skip}>
        {text.skip}
      </a>
      <header class="side">
        <p class="brand">
          <Mark />
          <span>Hubbub</span>
        </p>
        <nav aria-label={text.sections}>
          {views.map((view) => (
            <a key={view} href={hashOf(view)} class="section" aria-current={place.view === view ? "page" : undefined}>
              <Icon name={view} />
              <span>{text[view]}</span>
            </a>
          ))}
        </nav>
        <Who welcome={welcome} onLeave={onLeave} />
      </header>
      <main id="content" class="content" tabIndex={-1}>
        {!desk.may(NEEDS[place.view]) && <p class="note">{text.mayNot(NEEDS[place.view])}</p>}
        {desk.may(NEEDS[place.view]) && (
          <>
            {place.view === "overview" && <Overview desk={desk} />}
            {place.view === "channels" && <Channels {...section} />}
            {place.view === "users" && <Users {...section} />}
            {place.view === "trace" && <TraceView key={`${place.kind} ${place.name}`} {...section} />}
            {place.view === "publish" && <PublishView key={place.name} desk={desk} channel={place.name} />}
          </>
        )}
      </main>
    </div>
  );
}

function Who({ welcome, onLeave }: { welcome: Welcome; onLeave: () => void }) {
  // No key has a name with a space in it.
  const name = welcome.name.includes(" ") ? text.password : welcome.name;
  return (
    <div class="who">
      {welcome.open ? (
        <p class="who-name open" title={text.openHint}>
          {text.openServer}
        </p>
      ) : (
        <>
          <p class="who-name" title={text.loggedInAs(name)}>
            {name}
          </p>
          <button type="button" class="icon-button" aria-label={text.logOut} title={text.logOut} onClick={onLeave}>
            <Icon name="out" />
          </button>
        </>
      )}
      <p class="release">{welcome.version}</p>
    </div>
  );
}

/** The address is where we are; a link into the page must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
