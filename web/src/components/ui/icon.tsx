const PATHS = {
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9c.8-4 4-6 8-6s7.200 2 8 6",
  back: "M15 5l-7 7 7 7",
  bag: "M6 8h12l1 13H5L6 8Zm3 3V7a3 3 0 0 1 6 0v4",
  camera: "M4 8h3l2-3h6l2 3h3v11H4V8Zm8 8.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  close: "M6 6l12 12M18 6L6 18",
  dislike: "M7 4h10l3 8v2h-6l1 5c0 1-1 2-2 2l-4-7H5V4h2Z",
  down: "M6 9l6 6 6-6",
  filter: "M4 6h16M7 12h10M10 18h4",
  heart: "M12 20C5 15 3 11.500 3 8.500A4.500 4.500 0 0 1 12 7a4.500 4.500 0 0 1 9 1.500C21 11.500 19 15 12 20Z",
  left: "M15 5l-7 7 7 7",
  menu: "M4 7h16M4 12h16M4 17h16",
  minus: "M5 12h14",
  plus: "M12 5v14M5 12h14",
  right: "M9 5l7 7-7 7",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13Zm5-1.500L20 20",
  shop: "M4 9l1.500-5h13L20 9M4 9v11h16V9M4 9h16M9 20v-6h6v6",
  spark: "M12 3l2 6 6 2-6 2-2 6-2-6-6-2 6-2 2-6Z",
  star: "M12 3.500l2.600 5.500 6 .800-4.400 4.200 1.100 6L12 17l-5.300 3 1.100-6-4.400-4.200 6-.800L12 3.500Z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  truck: "M3 6h11v10H3V6Zm11 4h4l3 3v3h-7v-6ZM7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm10 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing that says nothing to screen readers. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className={`icon icon-${name}`} viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
