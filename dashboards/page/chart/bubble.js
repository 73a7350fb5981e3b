// Tooltips of charts.

import { element } from "../element.js";

/** A title and lines of `{hue, name, value}`. */
export function bubble(title, lines) {
  return element("div", { class: "bubble" }, element("strong", {}, title), element("ul", {}, ...lines.map(line)));
}

function line({ hue, name = "", value }) {
  const mark = element("i");
  mark.style.backgroundColor = hue ?? "transparent";
  return element("li", {}, mark, element("span", {}, name), element("b", {}, value));
}
