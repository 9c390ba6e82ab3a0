/** The page's own line icons, on a grid of 24. */

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h10",
  people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 20c.4-3.600 3-5.500 6.500-5.500s6.100 1.900 6.500 5.500M16 4.300a3.500 3.500 0 0 1 0 6.500M18 14.800c2 .7 3.200 2.500 3.500 5.200",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  send: "M5 12h13M12.500 5.500 19 12l-6.500 6.500",
  edit: "M4 20h4L19 9a2.100 2.100 0 0 0-3-3L5 17l-1 3ZM14 8l3 3",
  down: "M12 5v13M6 12.500l6 6 6-6",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.500V12l3 2",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.500v5.500M12 16.300v.1",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4.200 4.200 0 0 0-6-6l-1.200 1.200M14 10a4 4 0 0 0-6-.4l-3 3a4.200 4.200 0 0 0 6 6l1.200-1.200",
  check: "M5 12.500l4.500 4.500L19 7.500",
  checks: "M2 12.500l4 4.500L14.500 7.500M11 15l1.800 2L21.500 7.500",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.500 14.500c1 1.300 2.100 2 3.500 2s2.500-.7 3.500-2M9 9.500v.6M15 9.500v.6",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7M10.500 10.500v6M13.500 10.500v6",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15L6 16.500ZM10 20.500c.6.700 1.200 1 2 1s1.400-.3 2-1",
  bellOff: "M6 16.500V11a6 6 0 0 1 .8-3M9 5.800A6 6 0 0 1 18 11v3M10 20.500c.6.700 1.200 1 2 1s1.400-.3 2-1M4.500 18h13M4 4l16 16",
  wifi: "M3 3l18 18M5 12.500a10 10 0 0 1 3.500-2.200M19 12.500a10 10 0 0 0-5-2.700M8.500 16a5 5 0 0 1 6.500-.4M12 19.500v.1",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Hubbub's mark: a speech bubble with a hub in it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        class="mark-bubble"
        d="M16 3c7.500 0 13 5.100 13 12s-5.500 12-13 12c-1.400 0-2.800-.2-4.100-.6L5.600 29.300c-.8.400-1.600-.4-1.300-1.200l1.500-4.900C3.900 21 3 18.200 3 15 3 8.100 8.500 3 16 3z"
      />
      <path class="mark-line" d="M16 15l-5.500-3.200M16 15l5.500-3.200M16 15v6" />
      <circle class="mark-dot" cx="16" cy="15" r="2.900" />
      <circle class="mark-dot" cx="10" cy="11.500" r="1.900" />
      <circle class="mark-dot" cx="22" cy="11.500" r="1.900" />
      <circle class="mark-dot" cx="16" cy="21.300" r="1.900" />
    </svg>
  );
}
