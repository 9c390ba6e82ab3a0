/** The page's line icons, on a grid of 24. */

const PATHS = {
  overview: "M4 13h4l2.500-7 4 12 2.500-5h3",
  channels: "M10 4 8 20M16 4l-2 16M4.500 9h16M3.500 15h16",
  users: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 20c.4-3.600 3-5.500 6.500-5.500s6.100 1.900 6.500 5.500M16 4.300a3.500 3.500 0 0 1 0 6.500M18 14.800c2 .7 3.200 2.500 3.500 5.200",
  publish: "M5 12h13M12.500 5.500 19 12l-6.500 6.500",
  trace: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.500 12C4.500 8 8 6 12 6s7.500 2 9.500 6c-2 4-5.500 6-9.500 6s-7.500-2-9.500-6Z",
  out: "M10 4H5.500A1.500 1.500 0 0 0 4 5.500v13A1.500 1.500 0 0 0 5.500 20H10M14 8l4 4-4 4M18 12H9",
  search: "M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12ZM15.500 15.500 20 20",
  back: "M19 12H6M11.500 5.500 5 12l6.500 6.500",
  close: "M6 6l12 12M18 6L6 18",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.500v5.500M12 16.300v.1",
  stop: "M7 7h10v10H7z",
  play: "M8 5.500v13l10-6.500z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
