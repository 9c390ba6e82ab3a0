/** What one does in a room beside sending: to messages, and so that the others see that one writes. */

import { type Connection, RequestFailed } from "./connection/connection";
import { explain } from "./explain";
import { text } from "./i18n";
import { roomOf } from "./state/reducer";
import type { Store } from "./state/store";

/** The server takes one with every key; one in a while tells the same. */
const TYPING_MS = 2_000;

/** That nobody heard that one writes is no news. */
const unheard = (): void => undefined;

export class Deeds {
  readonly #store: Store;
  readonly #connection: () => Connection | null;
  #typed = { room: "", at: 0 };

  constructor(store: Store, connection: () => Connection | null) {
    this.#store = store;
    this.#connection = connection;
  }

  /** Tell the others that one writes. */
  typing(room: string): void {
    const now = Date.now();
    if (this.#typed.room === room && now - this.#typed.at < TYPING_MS) return;
    this.#typed = { room, at: now };
    this.#connection()?.typing(room, true).catch(unheard);
  }

  /** What one wrote is sent: writing on is told at once. */
  silence(): void {
    this.#typed = { room: "", at: 0 };
  }

  edit(room: string, offset: number, said: string): void {
    const known = roomOf(this.#store.state, room)?.messages.find((each) => each.offset === offset);
    const data = { id: known?.id ?? "", text: said, at: known?.time ?? 0 };
    this.#do((connection) => connection.edit(room, offset, data));
  }

  remove(room: string, offset: number): void {
    this.#do((connection) => connection.remove(room, offset));
  }

  react(room: string, offset: number, reaction: string, removed: boolean): void {
    this.#do((connection) => connection.react(room, offset, reaction, removed));
  }

  /** Do something to a message; a refusal is told. */
  #do(what: (connection: Connection) => Promise<void>): void {
    const tell = (error: unknown): void => {
      const reason = error instanceof RequestFailed ? explain(error) : String(error);
      this.#store.dispatch({ type: "flashed", text: text.notDone(reason) });
    };
    const connection = this.#connection();
    if (connection) what(connection).catch(tell);
  }
}
