import { useId, useState } from "preact/hooks";
import { text } from "../i18n";
import { unreadOf } from "../state/room";
import type { Room } from "../state/types";
import { ROOM_LIMIT, cleanRoom, hashOfRoom, peerOf } from "../text/names";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";

interface Props {
  readonly self: string;
  /** Who is in any of the rooms. */
  readonly online: ReadonlySet<string>;
  readonly rooms: readonly Room[];
  readonly active: string;
  readonly onOpen: (room: string) => void;
  readonly onLeave: (room: string) => void;
  readonly onChosen?: (() => void) | undefined;
}

/** The rooms that one follows, and a way to another. */
export function RoomList({ rooms, active, self, online, onOpen, onLeave, onChosen }: Props) {
  const named = rooms.map((room) => ({ room, peer: peerOf(room.name, self) }));
  const direct = named.filter(({ peer }) => peer !== null);
  const item = ({ room, peer }: { room: Room; peer: string | null }) => (
    <RoomItem
      key={room.name}
      room={room}
      peer={peer}
      online={peer !== null && online.has(peer)}
      active={room.name === active}
      onLeave={rooms.length > 1 ? onLeave : undefined}
      onChosen={onChosen}
    />
  );
  return (
    <nav class="rooms" aria-label={text.rooms}>
      <h2 class="panel-title">{text.rooms}</h2>
      <ul>{named.filter(({ peer }) => peer === null).map(item)}</ul>
      <AddRoom
        onOpen={(room) => {
          onOpen(room);
          onChosen?.();
        }}
      />
      {direct.length > 0 && (
        <>
          <h2 class="panel-title direct-title">{text.direct}</h2>
          <ul>{direct.map(item)}</ul>
        </>
      )}
    </nav>
  );
}

interface ItemProps {
  readonly room: Room;
  /** The other one, in a room of two. */
  readonly peer: string | null;
  readonly online: boolean;
  readonly active: boolean;
  readonly onLeave: ((room: string) => void) | undefined;
  readonly onChosen: (() => void) | undefined;
}

function RoomItem({ room, peer, online, active, onLeave, onChosen }: ItemProps) {
  const leave = text.leaveRoom(peer ?? `# ${room.name}`);
  return (
    <li class={active ? "room-item active" : "room-item"}>
      <a href={hashOfRoom(room.name)} class="room-link" aria-current={active ? "page" : undefined} onClick={onChosen}>
        {peer === null ? (
          <span class="hash" aria-hidden="true">
            #
          </span>
        ) : (
          <span class="person-face">
            <Avatar name={peer} small />
            {online && <span class="here" aria-hidden="true" />}
          </span>
        )}
        <span class="room-name" dir="auto">{peer ?? room.name}</span>
        <Unread count={unreadOf(room)} />
      </a>
      {onLeave && (
        <button
          type="button"
          class="icon-button room-leave"
          aria-label={leave}
          title={leave}
          onClick={() => onLeave(room.name)}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

function Unread({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <span class="badge">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="hidden">{text.unread(count)}</span>
    </span>
  );
}

function AddRoom({ onOpen }: { onOpen: (room: string) => void }) {
  const [name, setName] = useState("");
  const id = useId();
  const clean = cleanRoom(name);
  return (
    <form
      class="add-room"
      onSubmit={(event) => {
        event.preventDefault();
        if (!clean) return;
        setName("");
        onOpen(clean);
      }}
    >
      <label class="hidden" for={id}>
        {text.addRoom}
      </label>
      <Icon name="plus" />
      <input
        id={id}
        value={name}
        placeholder={text.addRoom}
        maxLength={ROOM_LIMIT}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        enterkeyhint="go"
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {clean && (
        <button type="submit" class="button small">
          {text.open}
        </button>
      )}
    </form>
  );
}
