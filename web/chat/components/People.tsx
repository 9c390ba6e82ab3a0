import { text } from "../i18n";
import { usersOf } from "../state/presence";
import type { Presence } from "../state/types";
import { Avatar } from "./Avatar";

/** Who is here: users, however many tabs they have open. */
export function People({ presence, self }: { presence: Presence; self: string }) {
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
            <span class="person-name">{user || text.anonymous}</span>
            {user === self && <span class="you">{text.you}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
