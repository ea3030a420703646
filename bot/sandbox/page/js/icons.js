// The page's icons, drawn as strokes on a 20 by 20 grid.
import { svg } from "./dom.js";

const STROKES = {
  hash: "M8 3 6.5 17M13.5 3 12 17M3.5 7.5h13.5M3 12.5h13.5",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  close: "M5 5l10 10M15 5 5 15",
  send: "M3.5 4 17 10 3.5 16l1.8-6zM5.3 10H11",
  reply: "M4 4.5h12v8.5H9.5L6 16v-3H4z",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  sun: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M4 16l1.4-1.4M14.6 5.4 16 4",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  down: "M5.5 8 10 12.5 14.5 8",
  back: "M12 4.5 6.5 10l5.5 5.5",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  window: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  gear: "M10 12.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM10 2.5v2.2M10 15.3v2.2M2.5 10h2.2M15.3 10h2.2M4.7 4.7l1.6 1.6M13.7 13.7l1.6 1.6M4.7 15.3l1.6-1.6M13.7 6.3l1.6-1.6",
  warning: "M10 3 18 16.5H2zM10 8v4M10 14.2h.01",
  info: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 9v5M10 6.2h.01",
  check: "M4 10.5 8 14.5 16 5.5",
  home: "M3 9.5 10 3.5l7 6M5 8.5V16.5h3.5v-4h3v4H15V8.5",
  image: "M3 4.5h14v11H3zM3 13l4-4 4 4 2-2 4 4M13 8h.01",
  bold: "M6 4h5a3 3 0 0 1 0 6H6zM6 10h6a3 3 0 0 1 0 6H6z",
  italic: "M8 4h6M6 16h6M11.5 4l-3 12",
  strike: "M4 10h12M14 6.5C13.5 5 12 4 10 4 7.5 4 6 5.3 6 7s1.5 2.4 4 3 4.2 1.4 4.2 3.2S12.5 16 10 16c-2.300 0-4-1-4.300-2.700",
  code: "M7 6 3 10l4 4M13 6l4 4-4 4",
  chat: "M3.5 4h13v9.500h-7L6 16.500v-3H3.500z",
  route: "M4 16V9.500a4 4 0 0 1 4-4h7M12 2.500l3 3-3 3M4 16h.01M9 16h2.500a3.500 3.500 0 0 0 3.500-3.500v-1",
};

/** Draw an icon; it is hidden from screen readers, the control around it carries the name. */
export function icon(name, size = 18) {
  const path = svg("path", {
    d: STROKES[name],
    fill: "none",
    stroke: "currentColor",
    "stroke-width": "1.6",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  });
  return svg("svg", { viewBox: "0 0 20 20", width: size, height: size, "aria-hidden": "true", class: "icon" }, path);
}
