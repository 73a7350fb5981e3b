// The colours of the page's theme, for pictures. They stand in page.css.

const HUES = 12;

// What is the same everywhere, whatever else a picture shows.
const MEANING = {
  CLOSED: "--good",
  closed_order_cnt: "--good",
  assigned_cnt: "--good",
  CANCELLED: "--bad",
  cancelled_order_cnt: "--bad",
  revoked_cnt: "--bad",
};

/** A colour by its name in page.css. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A colour for each name, the same for the same names in whatever order they come. */
export function hues(names) {
  if (names.length === 1) return new Map([[names[0], colour(MEANING[names[0]] ?? "--accent")]]);
  const others = names.filter((name) => !(name in MEANING)).sort();
  const hue = (name) => MEANING[name] ?? `--hue-${(others.indexOf(name) % HUES) + 1}`;
  return new Map(names.map((name) => [name, colour(hue(name))]));
}
