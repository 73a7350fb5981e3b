// Cards of the page: a chart with its title, legend and table.

import { hues } from "./colours.js";
import { element } from "../element.js";
import { clock, day, size, write } from "../format.js";
import { Picture } from "./picture.js";
import { shape, total } from "./shape.js";
import { box, fill } from "./table.js";
import { pick, say } from "../words.js";

/** The card of a chart of the specification. */
export function card(chart) {
  return new (CARDS[chart.kind] ?? Pictured)(chart);
}

class Card {
  #shown = null;
  #unnarrowed;

  constructor(chart, ...content) {
    this.chart = chart;
    this.titleId = `title-${chart.id}`;
    this.#unnarrowed = element("p", { class: "unnarrowed", hidden: true }, say("unnarrowed"));
    const note = chart.note ? element("p", { class: "note" }, pick(chart.note)) : null;
    const title = element("h2", { id: this.titleId }, pick(chart.title));
    const attributes = { class: `card ${chart.kind}`, id: `chart-${chart.id}`, "aria-labelledby": this.titleId };
    this.node = element("article", attributes, title, ...(chart.kind === "kpi" ? content : []), ...[note, this.#unnarrowed].filter(Boolean));
    if (chart.kind !== "kpi") this.node.append(...content);
    this.node.style.setProperty("--width", chart.width);
  }

  /** Shows rows, unless they are the same as before. */
  show(rows, unnarrowed) {
    this.#unnarrowed.hidden = !unnarrowed;
    const text = JSON.stringify(rows);
    if (text === this.#shown) return;
    this.#shown = text;
    this.draw(rows);
  }
}

class Figure extends Card {
  #figure;
  #day;

  constructor(chart) {
    const figure = element("p", { class: "figure" }, "…");
    const date = element("p", { class: "day" });
    super(chart, figure, date);
    [this.#figure, this.#day] = [figure, date];
  }

  draw([[value]]) {
    const [field] = this.chart.fields;
    const moment = field.type === "timestamp" && value !== null;
    this.#figure.textContent = moment ? clock(value) : write(value, field);
    this.#day.textContent = moment ? day(value) : "";
  }

  redraw() {}
}

class Table extends Card {
  #box;

  constructor(chart) {
    super(chart);
    this.#box = box(this.titleId);
    this.node.append(this.#box);
  }

  draw(rows) {
    fill(this.#box, this.chart, rows);
  }

  redraw() {}
}

class Pictured extends Card {
  #legend = element("ul", { class: "legend" });
  #canvas = element("div", { class: "picture", role: "img" });
  #nothing = element("p", { class: "nothing" }, say("nothing"));
  #box;
  #details;
  #picture;
  #hidden = new Set();
  #rows = [];

  constructor(chart) {
    super(chart);
    this.#box = box(this.titleId);
    const summaryLine = element("summary", {}, say("numbers"));
    this.#details = element("details", { toggle: () => this.#number() }, summaryLine, this.#box);
    this.node.append(this.#legend, this.#canvas, this.#nothing, this.#details);
    this.#picture = new Picture(this.#canvas, chart.kind);
  }

  draw(rows) {
    this.#rows = rows;
    this.redraw();
    this.#number();
  }

  redraw() {
    const empty = this.#rows.length === 0;
    [this.#canvas.hidden, this.#details.hidden, this.#nothing.hidden] = [empty, empty, !empty];
    const drawing = shape(this.chart, this.#rows);
    this.#explain(drawing);
    if (empty) return;
    this.#canvas.setAttribute("aria-label", `${pick(this.chart.title)}. ${summary(this.chart.kind, drawing)}`);
    this.#picture.draw(drawing, this.#hidden);
  }

  // The legend. A click hides a series. For a heatmap: the scale of colours.
  #explain(drawing) {
    const { series } = drawing;
    if (this.chart.kind === "heatmap") {
      this.#legend.replaceChildren(element("li", { class: "scale" }, say("few"), element("i"), say("many")));
      return;
    }
    const colours = hues(series.map(({ name }) => name));
    const entry = ({ name, title }) => {
      const mark = element("i");
      mark.style.backgroundColor = colours.get(name);
      const button = element("button", { type: "button", "aria-pressed": String(!this.#hidden.has(name)) }, mark, element("span", { title }, title));
      button.addEventListener("click", () => this.#toggle(name, button));
      return element("li", {}, button);
    };
    const sorted = drawing.split?.type === "text" ? series.toSorted((one, other) => total(other) - total(one)) : series;
    const entries = series.length > 1 ? sorted.map(entry) : [];
    if (entries.length && drawing.split?.type === "integer") {
      entries.unshift(element("li", { class: "about" }, `${pick(drawing.split.title)}:`));
    }
    // A button may have the focus, so the buttons are replaced only if they differ.
    const content = entries.map(({ textContent }) => textContent).join("\n") + document.documentElement.dataset.theme;
    if (this.#legend.dataset.content === content) return;
    this.#legend.dataset.content = content;
    this.#legend.replaceChildren(...entries);
  }

  #toggle(name, button) {
    if (!this.#hidden.delete(name)) this.#hidden.add(name);
    button.setAttribute("aria-pressed", String(!this.#hidden.has(name)));
    this.#picture.draw(shape(this.chart, this.#rows), this.#hidden);
  }

  // Only when the table is open, because it can have a thousand rows.
  #number() {
    if (this.#details.open) fill(this.#box, this.chart, this.#rows);
  }
}

const CARDS = { kpi: Figure, table: Table };

// A sentence for screen readers. The table has all rows.
function summary(kind, { by, places, series }) {
  const sum = (at) => series.reduce((all, { values }) => all + size(values[at] ?? null), 0);
  const told = (at) => {
    const value = series.length === 1 ? series[0].values[at] ?? 0 : sum(at);
    return say("place", { what: write(places[at], by), value: write(value, series[0].field) });
  };
  const most = places.reduce((best, _, at) => (sum(at) > sum(best) ? at : best), 0);
  if (kind === "bar") return places.slice(0, 3).map((_, at) => told(at)).join("; ");
  const largest = say("largest", { what: told(most) });
  return kind === "heatmap" ? largest : `${largest}; ${say("latest", { what: told(places.length - 1) })}`;
}
