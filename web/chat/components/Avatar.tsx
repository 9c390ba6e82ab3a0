import { hueOf, initialOf } from "../text/names";

/** A person's initial on the colour that belongs to the name. Decoration: the name stands beside it. */
export function Avatar({ name, small = false }: { name: string; small?: boolean }) {
  return (
    <span class={small ? "avatar small" : "avatar"} data-hue={hueOf(name)} aria-hidden="true">
      {initialOf(name)}
    </span>
  );
}
