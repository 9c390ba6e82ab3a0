import { useId, useState } from "preact/hooks";
import { text } from "../i18n";
import { unreadOf } from "../state/room";
import type { Room } from "../state/types";
import { ROOM_LIMIT, cleanRoom, hashOfRoom } from "../text/names";
import { Icon } from "./Icon";

interface Props {
  readonly rooms: readonly Room[];
  readonly active: string;
  readonly onOpen: (room: string) => void;
  readonly onLeave: (room: string) => void;
  readonly onChosen?: (() => void) | undefined;
}

/** The rooms that one follows, and a way to another. */
export function RoomList({ rooms, active, onOpen, onLeave, onChosen }: Props) {
  return (
    <nav class="rooms" aria-label={text.rooms}>
      <h2 class="panel-title">{text.rooms}</h2>
      <ul>
        {rooms.map((room) => (
          <li key={room.name} class={room.name === active ? "room-item active" : "room-item"}>
            <a
              href={hashOfRoom(room.name)}
              class="room-link"
              aria-current={room.name === active ? "page" : undefined}
              onClick={onChosen}
            >
              <span class="hash" aria-hidden="true">
                #
              </span>
              <span class="room-name">{room.name}</span>
              <Unread count={unreadOf(room)} />
            </a>
            {rooms.length > 1 && (
              <button
                type="button"
                class="icon-button room-leave"
                aria-label={text.leaveRoom(room.name)}
                title={text.leaveRoom(room.name)}
                onClick={() => onLeave(room.name)}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
      </ul>
      <AddRoom
        onOpen={(room) => {
          onOpen(room);
          onChosen?.();
        }}
      />
    </nav>
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
