// Rows as a table: what a picture shows for whoever does not see it, and charts that are tables themselves.

import { element } from "./element.js";
import { write } from "./format.js";
import { pick } from "./words.js";

/** A table of a chart's rows, in a box that scrolls. */
export function table(chart, rows, labelledBy) {
  const head = chart.fields.map((field) => element("th", { scope: "col", class: looks(field) }, pick(field.title)));
  const body = rows.map((row) => element("tr", {}, ...row.map((value, at) => cell(value, chart.fields[at], at === 0))));
  const whole = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  return element("div", { class: "numbers", role: "region", tabindex: "0", "aria-labelledby": labelledBy }, whole);
}

function cell(value, field, first) {
  const flag = field.type === "boolean" ? element("span", { class: value ? "flag yes" : "flag no" }) : null;
  const text = write(value, field);
  if (flag) flag.append(text);
  return element(first ? "th" : "td", { scope: first && "row", class: looks(field) }, flag ?? text);
}

function looks({ type }) {
  return ["bigint", "integer", "numeric"].includes(type) ? "number" : null;
}
