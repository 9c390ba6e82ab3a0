import { text } from "../i18n";
import { usersOf } from "../state/presence";
import type { Presence } from "../state/types";
import { directRoom, hashOfRoom, isAddressable } from "../text/names";
import { Avatar } from "./Avatar";

/** Who is here: users, however many tabs they have open. */
export function People({ presence, self, onChosen }: { presence: Presence; self: string; onChosen?: (() => void) | undefined }) {
  const users = usersOf(presence, self, text.locale);
  return (
    <div class="people">
      <h2 class="panel-title">
        {text.people}
        {presence.known && <span class="count">{users.length}</span>}
      </h2>
      {!presence.known && <p class="panel-note">{text.peopleUnknown}</p>}
      <ul>
        {users.map((user) => (
          <li key={user} class="person">
            <span class="person-face">
              <Avatar name={user || text.anonymous} small />
              <span class="here" aria-hidden="true" />
            </span>
            {user !== self && isAddressable(user) && isAddressable(self) ? (
              <a class="person-name" dir="auto" href={hashOfRoom(directRoom(self, user))} title={text.directWith(user)} onClick={onChosen}>
                {user}
              </a>
            ) : (
              <span class="person-name" dir="auto">{user || text.anonymous}</span>
            )}
            {user === self && <span class="you">{text.you}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
