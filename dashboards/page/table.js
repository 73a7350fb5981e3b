// Rows as a table: what a picture shows for whoever does not see it, and charts that are tables themselves.

import { element } from "./element.js";
import { write } from "./format.js";
import { pick } from "./words.js";

// A name that has no place to wrap for so long would make its column as wide.
const UNBROKEN = /\S{30}/;

/** A box that scrolls, for a table. Who reads in it stays where they are when the table is filled anew. */
export function box(labelledBy) {
  return element("div", { class: "numbers", role: "region", tabindex: "0", "aria-labelledby": labelledBy });
}

/** Fills a box with a chart's rows. */
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
