const PATHS: Record<string, string> = {
  overview: "M2 13V8h3v5M6.5 13V3h3v10M11 13V6h3v7",
  beads: "M3 4h.01M6 4h8M3 8h.01M6 8h8M3 12h.01M6 12h8",
  claims: "M4 14V2.5M4 3h8l-2 2.5L12 8H4",
  files: "M2 4.5V13h12V5.5H8L6.5 3.5H2z",
  mail: "M2 4h12v8.5H2zM2 4.5l6 5 6-5",
  chat: "M2 3h12v8H7l-3 2.5V11H2z",
  escalations: "M8 2v7M8 12.5v.5M3 14h10",
  policies: "M4 2h6l2.5 2.5V14H4zM6 7h4.5M6 10h4.5",
  settings: "M2 4.5h7M12 4.5h2M9 2.8v3.4M2 11.5h2M7 11.5h7M5.5 9.8v3.4",
  start: "M5 3l7 5-7 5z",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3",
  close: "M4 4l8 8M12 4l-8 8",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  back: "M9.5 3.5L5 8l4.5 4.5",
  plus: "M8 3v10M3 8h10",
  move: "M2 8h12M5 5L2 8l3 3M11 5l3 3-3 3",
  folder: "M2 4.5V13h12V5.5H8L6.5 3.5H2z",
  file: "M4 2h5.5L12 4.5V14H4z",
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? ""} fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
