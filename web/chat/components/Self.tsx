import { text } from "../i18n";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";

/** Oneself, and the way to another name. */
export function Self({ name, onEdit }: { name: string; onEdit: () => void }) {
  return (
    <button type="button" class="self" onClick={onEdit}>
      <Avatar name={name} small />
      <span class="person-name" dir="auto">{name}</span>
      <span class="hidden">. {text.changeName}</span>
      <Icon name="edit" />
    </button>
  );
}
