import { text } from "../i18n";
import { usersOf } from "../state/presence";
import type { Room } from "../state/types";
import { CopyLink } from "./CopyLink";
import { Icon } from "./Icon";

interface Props {
  readonly room: Room;
  readonly self: string;
  readonly unreadElsewhere: number;
  readonly onRooms: () => void;
  readonly onPeople: () => void;
}

/** The room's name, who is here in a word, and on a phone the ways to the drawers. */
export function RoomHeader({ room, self, unreadElsewhere, onRooms, onPeople }: Props) {
  const count = usersOf(room.presence, self, text.locale).length;
  return (
    <header class="room-header">
      <button type="button" class="icon-button phone-only" aria-label={text.openRooms} onClick={onRooms}>
        <Icon name="menu" />
        {unreadElsewhere > 0 && <span class="dot" aria-hidden="true" />}
      </button>
      <div class="room-heading">
        <h1>
          <span class="hash" aria-hidden="true">
            #
          </span>
          <span class="room-name">{room.name}</span>
        </h1>
        <p class="room-status" aria-busy={!room.presence.known}>{room.presence.known ? text.peopleCount(count) : text.peopleUnknown}</p>
      </div>
      <CopyLink kind="icon" />
      <button type="button" class="icon-button phone-only" aria-label={text.openPeople(count)} onClick={onPeople}>
        <Icon name="people" />
      </button>
    </header>
  );
}
