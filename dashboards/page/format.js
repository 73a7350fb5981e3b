// Formatting of numbers, money, days and hours in the language of the page.
//
// A value that may have decimals arrives as text and is formatted digit by digit, never through a float.

import { indicator, language, pick, say } from "./words.js";

const HARD_SPACE = "\u00a0";

/** Formats a value of a column. */
export function write(value, column) {
  // No name is null in the views: it stands for all that are not among the largest.
  if (value === null && column.role !== "value") return say("other");
  if (value === null || value === "") return "—";
  if (column.name === "weekday_name") return weekday(value);
  if (column.name === "indicator_name") return indicator(value);
  switch (column.type) {
    case "boolean":
      return say(value ? "yes" : "no");
    case "date":
      return day(value);
    case "timestamp":
      return `${day(value)}, ${clock(value)}`;
    case "bigint":
    case "numeric":
      return number(value, column);
    default:
      return String(value);
  }
}

/** Formats a value of a column in short form, for axes. */
export function abbreviate(value, column) {
  switch (column.type) {
    case "date":
      return moment(value, { day: "numeric", month: "short" });
    case "timestamp":
      return value.slice(11, 13) === "00" ? moment(value, { day: "numeric", month: "short" }) : clock(value).slice(0, 5);
    case "bigint":
    case "numeric":
      return new Intl.NumberFormat(language(), { notation: "compact", maximumFractionDigits: 1 }).format(value);
    default:
      return write(value, column);
  }
}

/** The time of day of a moment, with seconds. */
export function clock(value) {
  return value.slice(11, 19);
}

/** The day of a moment, or a day. */
export function day(value) {
  return moment(value, { day: "numeric", month: "short", year: "numeric" });
}

/** A moment of this year. */
export function recent(value) {
  return `${moment(value, { day: "numeric", month: "short" })}, ${clock(value)}`;
}

/** The time of day in Moscow. */
export function now() {
  return new Date().toLocaleTimeString("en-GB", { timeZone: "Europe/Moscow" });
}

/** A value as a number for drawing, where its precision is sufficient. */
export function size(value) {
  return value === null ? 0 : Number(value);
}

function number(value, { unit, decimals }) {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const written = new Intl.NumberFormat(language(), digits).format(value);
  return unit ? written + HARD_SPACE + pick(unit) : written;
}

// Days have no time zone.
function moment(value, parts) {
  return new Intl.DateTimeFormat(language(), { ...parts, timeZone: "UTC" }).format(new Date(`${value.slice(0, 10)}T00:00Z`));
}

// `1 Пн`: the first of January 2024 was a Monday.
function weekday(value) {
  const date = new Date(Date.UTC(2024, 0, Number(value[0])));
  return new Intl.DateTimeFormat(language(), { weekday: "short", timeZone: "UTC" }).format(date);
}
