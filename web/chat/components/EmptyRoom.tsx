import { text } from "../i18n";
import { CopyLink } from "./CopyLink";

/** A room in which nobody has said anything. */
export function EmptyRoom() {
  return (
    <div class="empty">
      <svg class="empty-art" viewBox="0 0 160 104" aria-hidden="true" focusable="false">
        <path
          class="art-a"
          d="M18 22c0-9.900 8.100-18 18-18h48c9.900 0 18 8.100 18 18v14c0 9.900-8.100 18-18 18H44L29.500 65.500c-1.500 1.200-3.700.1-3.700-1.800V51C21 48 18 42.500 18 36V22z"
        />
        <path
          class="art-b"
          d="M146 56c0-8.300-6.700-15-15-15H91c-8.300 0-15 6.700-15 15v13c0 8.300 6.700 15 15 15h32l12.500 10.600c1.400 1.200 3.500.2 3.500-1.600V81.500c4.200-2.600 7-7.200 7-12.500V56z"
        />
        <g class="art-dots-a">
          <circle cx="44" cy="29" r="4" />
          <circle cx="60" cy="29" r="4" />
          <circle cx="76" cy="29" r="4" />
        </g>
        <g class="art-dots-b">
          <circle cx="97" cy="62.500" r="3.500" />
          <circle cx="111" cy="62.500" r="3.500" />
          <circle cx="125" cy="62.500" r="3.500" />
        </g>
      </svg>
      <h2>{text.emptyTitle}</h2>
      <p>{text.emptyText}</p>
      <CopyLink kind="button" />
    </div>
  );
}
