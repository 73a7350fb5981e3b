// Tables: the rows of a chart for readers who cannot see it, and charts that are tables.

import { element } from "../element.js";
import { write } from "../format.js";
import { pick } from "../words.js";

// A longer name without a place to wrap would make its column as wide.
const UNBROKEN = /\S{30}/;

/** A scrollable box for a table. It keeps its position when the table is filled again. */
export function box(labelledBy) {
  return element("div", { class: "numbers", role: "region", tabindex: "0", "aria-labelledby": labelledBy });
}

/** Fills a box with the rows of a chart. */
export function fill(box, chart, rows) {
  const head = chart.fields.map((field) => element("th", { scope: "col", class: looks(field) }, pick(field.title)));
  const body = rows.map((row) => element("tr", {}, ...row.map((value, at) => cell(value, chart.fields[at], at === 0))));
  const rowOfHeads = element("thead", {}, element("tr", {}, ...head));
  box.style.setProperty("--rows", rows.length);
  box.replaceChildren(element("table", {}, rowOfHeads, element("tbody", {}, ...body)));
}

function cell(value, field, first) {
  const flag = field.type === "boolean" ? element("span", { class: value ? "flag yes" : "flag no" }) : null;
  const text = write(value, field);
  if (flag) flag.append(text);
  const unbroken = UNBROKEN.test(text) ? "unbroken" : null;
  return element(first ? "th" : "td", { scope: first && "row", class: looks(field) ?? unbroken }, flag ?? text);
}

function looks({ type }) {
  return ["bigint", "integer", "numeric"].includes(type) ? "number" : null;
}
