// Colours of charts, read from the theme in page.css.

const HUES = 12;
const STEPS = 4;

// Values with a fixed colour in every chart. A Map, because a category may be named `constructor`.
const MEANING = new Map([
  ["CLOSED", "--accent"],
  ["closed_order_cnt", "--accent"],
  ["assigned_cnt", "--accent"],
  ["CANCELLED", "--bad"],
  ["cancelled_order_cnt", "--bad"],
  ["revoked_cnt", "--bad"],
  ["OPEN", "--hue-7"],
  ["COOKING", "--hue-6"],
  ["DELIVERING", "--hue-3"],
]);

/** A colour by its name in page.css. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A colour for each name, independent of their order. Numbers are steps of one colour. Null stands for all others. */
export function hues(names) {
  const others = names.filter((name) => name !== null && !MEANING.has(name)).sort();
  const hue = (name) => {
    const at = others.indexOf(name);
    if (name === null) return "--muted";
    if (typeof name === "number") return `--step-${Math.min(at, STEPS - 1) + 1}`;
    return MEANING.get(name) ?? (names.length === 1 ? "--accent" : `--hue-${(at % HUES) + 1}`);
  };
  return new Map(names.map((name) => [name, colour(hue(name))]));
}

/** Black or white, whichever has the higher contrast on the interpolated colour. */
export function inkBetween(low, high, share) {
  const [from, to] = [low, high].map((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
  const [red, green, blue] = from.map((start, channel) => linear((start + (to[channel] - start) * share) / 255));
  // Both have the same contrast where (L + 0.05)^2 = 1.05 * 0.05.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function linear(channel) {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}
