// Shape of a chart: its rows as positions on an axis, and the values of each series at each position.

import { size, write } from "../format.js";
import { pick } from "../words.js";

// Maximum number of positions that can be distinguished.
const MOST = 1000;

/** `{by, split, places, series: [{name, title, field, values}]}`; `values` are as in the rows, undefined where there is none. */
export function shape(chart, rows) {
  const of = (role) => chart.fields.flatMap((field, at) => (field.role === role ? [at] : []));
  const [[by], [split], measures] = [of("by"), of("series"), of("value")];
  const places = filled(distinct(rows, by), chart.fields[by]);
  const at = new Map(places.map((place, index) => [place, index]));
  const series = new Map();
  for (const row of rows) {
    for (const measure of measures) {
      const name = split === undefined ? chart.fields[measure].name : row[split];
      if (!series.has(name)) series.set(name, empty(name, chart.fields[measure], chart.fields[split], places.length));
      series.get(name).values[at.get(row[by])] = row[measure];
    }
  }
  return { by: chart.fields[by], split: chart.fields[split], places, series: [...series.values()] };
}

function empty(name, field, split, length) {
  return { name, title: split ? write(name, split) : pick(field.title), field, values: new Array(length).fill(undefined) };
}

/** The sum of a series. */
export function total({ values }) {
  return values.reduce((sum, value) => sum + size(value ?? null), 0);
}

function distinct(rows, column) {
  return [...new Set(rows.map((row) => row[column]))];
}

// Adds positions without rows: days without orders, and hours of the day. Not above the maximum, because a single old order
// would add hundreds of thousands of days.
function filled(places, { type }) {
  if (places.length < 2) return places;
  if (type === "integer") return between(Math.min(...places), Math.max(...places)) ?? places;
  if (type === "date") {
    const days = between(...[places[0], places.at(-1)].map((day) => Date.parse(day) / 86400000));
    return days?.map((day) => new Date(day * 86400000).toISOString().slice(0, 10)) ?? places;
  }
  return places;
}

function between(first, last) {
  const length = last - first + 1;
  return length > MOST ? null : Array.from({ length }, (_, step) => first + step);
}
