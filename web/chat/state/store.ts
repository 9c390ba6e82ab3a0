/** Holds the state, applies actions, tells those who watch. */

import type { Action } from "./actions";
import { reducer } from "./reducer";
import type { State } from "./types";

export type Watcher = (state: State, before: State) => void;

export class Store {
  #state: State;
  readonly #watchers = new Set<Watcher>();

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  dispatch(action: Action): void {
    const before = this.#state;
    this.#state = reducer(before, action);
    if (this.#state === before) return;
    for (const watcher of [...this.#watchers]) watcher(this.#state, before);
  }

  /** Call `watcher` after every change, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
