/** Render again only when a property changed. */

import { Component, type ComponentChildren, type FunctionComponent } from "preact";

const same = (a: object, b: object): boolean => {
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length === Object.keys(b).length && left.every(([key, value]) => Object.is(right[key], value));
};

export function memo<P extends object>(view: (props: P) => ComponentChildren): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return !same(this.props, next);
    }
    override render(): ComponentChildren {
      return view(this.props);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
