import { useEffect, useState } from "preact/hooks";
import { text } from "../i18n";
import type { Session } from "../session";
import { placeOf } from "../state/asides";
import { unreadOf } from "../state/room";
import type { Room, State } from "../state/types";
import { peerOf } from "../text/names";
import { Announcer } from "./Announcer";
import { Banner } from "./Banner";
import { Bell } from "./Bell";
import { COMPOSER, Composer, type Editing } from "./Composer";
import { Dialog } from "./Dialog";
import { Icon, Mark } from "./Icon";
import { NameForm } from "./NameForm";
import { People } from "./People";
import { RoomHeader } from "./RoomHeader";
import { RoomList } from "./RoomList";
import { Self } from "./Self";
import { Timeline } from "./Timeline";
import { Flash, TypingLine } from "./Signs";
import { useMedia } from "./hooks";

type Open = "rooms" | "people" | "name" | null;

/** Below this width the side panels are drawers. */
const NARROW = "(max-width: 819px)";
/** Below this one only the people are. */
const MEDIUM = "(max-width: 1079px)";

/** Rooms, conversation, people. */
export function Chat({ session, state }: { session: Session; state: State }) {
  const [open, setOpen] = useState<Open>(null);
  const narrow = useMedia(NARROW);
  const medium = useMedia(MEDIUM);
  const close = (): void => setOpen(null);
  useEffect(() => {
    if ((open === "rooms" && !narrow) || (open === "people" && !medium)) close();
  }, [narrow, medium, open]);
  const room = state.rooms.find((each) => each.name === state.active);
  if (!room) return null;
  const side = (
    <Side session={session} state={state} onName={() => setOpen("name")} onChosen={narrow ? close : undefined} />
  );
  const people = <People presence={room.presence} self={state.user} onChosen={medium ? close : undefined} />;
  return (
    <div class={state.connection.phase === "closed" ? "chat closed" : "chat"}>
      <a class="skip" href={`#${COMPOSER}`} onClick={focusComposer}>
        {text.skip}
      </a>
      {!narrow && (
        <aside class="panel side-start" aria-label="Hubbub">
          {side}
        </aside>
      )}
      <Conversation session={session} state={state} room={room} onOpen={setOpen} />
      {!medium && (
        <aside class="panel side-end" aria-label={text.people}>
          {people}
        </aside>
      )}
      {open === "rooms" && (
        <Drawer label={text.rooms} kind="start" onClose={close}>
          {side}
        </Drawer>
      )}
      {open === "people" && (
        <Drawer label={text.people} kind="end" onClose={close}>
          {people}
        </Drawer>
      )}
      {open === "name" && (
        <Dialog label={text.changeName} kind="center" onClose={close}>
          <h2>{text.changeName}</h2>
          <NameForm
            initial={state.user}
            submit={text.save}
            onCancel={close}
            onName={(name) => {
              session.setName(name);
              close();
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

/** The fragment of the address belongs to the room, so the skip link moves the focus by itself. */
function focusComposer(event: Event): void {
  event.preventDefault();
  document.getElementById(COMPOSER)?.focus();
}

interface SideProps {
  readonly session: Session;
  readonly state: State;
  readonly onName: () => void;
  readonly onChosen: (() => void) | undefined;
}

function Side({ session, state, onName, onChosen }: SideProps) {
  const online = new Set(state.rooms.flatMap((room) => [...room.presence.clients.values()]));
  return (
    <>
      <p class="brand">
        <Mark />
        <span>Hubbub</span>
      </p>
      <RoomList
        rooms={state.rooms}
        active={state.active}
        self={state.user}
        online={online}
        onOpen={(name) => session.openRoom(name)}
        onLeave={(name) => session.leaveRoom(name)}
        onChosen={onChosen}
      />
      <div class="self-row">
        <Self name={state.user} onEdit={onName} />
        <Bell session={session} />
      </div>
    </>
  );
}

interface DrawerProps {
  readonly label: string;
  readonly kind: "start" | "end";
  readonly onClose: () => void;
  readonly children: preact.ComponentChildren;
}

function Drawer({ label, kind, onClose, children }: DrawerProps) {
  return (
    <Dialog label={label} kind={kind} onClose={onClose}>
      <button type="button" class="icon-button drawer-close" aria-label={text.close} onClick={onClose}>
        <Icon name="close" />
      </button>
      {children}
    </Dialog>
  );
}

interface ConversationProps {
  readonly session: Session;
  readonly state: State;
  readonly room: Room;
  readonly onOpen: (what: Open) => void;
}

function Conversation({ session, state, room, onOpen }: ConversationProps) {
  const [editing, setEditing] = useState<Editing | null>(null);
  useEffect(() => setEditing(null), [room.name]);
  const own = room.messages.findLast((each) => each.sender === state.user && each.era === room.era);
  const begin = (offset: number, said: string): void => setEditing({ offset, text: said });
  const elsewhere = state.rooms.filter((each) => each.name !== room.name);
  const unread = elsewhere.reduce((sum, each) => sum + unreadOf(each), 0);
  return (
    <main class="conversation">
      <RoomHeader
        room={room}
        self={state.user}
        unreadElsewhere={unread}
        onRooms={() => onOpen("rooms")}
        onPeople={() => onOpen("people")}
      />
      <Banner connection={state.connection} onRetry={() => session.reconnect()} />
      {room.membership === "refused" && (
        <p class="banner danger" role="alert">
          <Icon name="alert" />
          <span class="banner-text">{text.refused(room.refusal)}</span>
          <button type="button" class="button small" onClick={() => session.rejoin(room.name)}>
            {text.tryAgain}
          </button>
        </p>
      )}
      <Timeline key={room.name} session={session} room={room} outbox={state.outbox} self={state.user} onEdit={begin} />
      <Announcer key={`log:${room.name}`} room={room} self={state.user} />
      <TypingLine typing={room.typing} self={state.user} />
      <Flash flash={state.flash} />
      <Composer
        room={room.name}
        peer={peerOf(room.name, state.user)}
        disabled={room.membership === "refused"}
        editing={editing}
        onEditLast={() => own && begin(own.offset, room.notes.get(placeOf(own.era, own.offset))?.text ?? own.text)}
        onEditEnd={(said) => {
          if (editing && said !== null && said !== editing.text) session.deeds.edit(room.name, editing.offset, said);
          setEditing(null);
        }}
        onTyping={() => session.deeds.typing(room.name)}
        onSend={(said) => session.send(room.name, said)}
      />
    </main>
  );
}
