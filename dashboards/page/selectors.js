// Selectors of a tab: lists and periods that filter its charts.

import { element } from "./element.js";
import { pick, say } from "./words.js";

/** The selectors of a tab. `chosen` is the value of each by its id: a text, `first..last`, or nothing. */
export class Selectors {
  #controls;
  #reset;
  #chosen;

  constructor(selectors, chosen, changed) {
    this.#chosen = chosen;
    const change = (id, value) => {
      if (value) chosen[id] = value;
      else delete chosen[id];
      this.#mark();
      changed();
    };
    this.#controls = selectors.map((selector) => (selector.type === "date" ? new Period(selector, change) : new List(selector, change)));
    this.#reset = element("button", { type: "button", class: "reset", click: () => this.#clear(changed) }, say("reset"));
    this.node = element("div", { class: "selectors" }, ...this.#controls.map((control) => control.node), this.#reset);
    this.#mark();
  }

  /** Sets the possible values, from the response of the service. */
  offer(choices) {
    for (const control of this.#controls) control.offer(choices[control.id], this.#chosen[control.id]);
  }

  #clear(changed) {
    for (const control of this.#controls) {
      delete this.#chosen[control.id];
      control.clear();
    }
    this.#mark();
    this.#controls[0].focus();
    changed();
  }

  #mark() {
    this.#reset.hidden = !this.#controls.some((control) => control.id in this.#chosen);
  }
}

class List {
  #select;
  #offered;

  constructor({ id, title }, change) {
    this.id = id;
    this.#select = element("select", { id: `selector-${id}`, change: () => change(id, this.#select.value) });
    this.node = element("label", {}, pick(title), this.#select);
  }

  offer(texts, chosen = "") {
    const offered = chosen && !texts.includes(chosen) ? [chosen, ...texts] : texts;
    if (this.#offered?.join("\n") === offered.join("\n")) return;
    this.#offered = offered;
    const option = (value, text) => element("option", { value, selected: value === chosen }, text);
    this.#select.replaceChildren(option("", say("all")), ...offered.map((text) => option(text, text)));
  }

  clear() {
    this.#select.value = "";
  }

  focus() {
    this.#select.focus();
  }
}

class Period {
  #days;
  #span;

  constructor({ id, title }, change) {
    this.id = id;
    const day = (place) => element("input", { type: "date", id: `selector-${id}-${place}`, change: () => change(id, this.#value()) });
    this.#days = ["first", "last"].map(day);
    const [first, last] = this.#days;
    const labels = [say("from", { title: pick(title) }), say("to")];
    this.node = element("div", { class: "period" }, element("label", {}, labels[0], first), element("label", {}, labels[1], last));
  }

  // An open end of a period is the first or last day with data.
  #value() {
    const [first, last] = this.#days.map((day, at) => day.value || this.#span?.[at] || "");
    return this.#days.some((day) => day.value) && first && last ? `${first}..${last}` : "";
  }

  offer(span, chosen = "") {
    this.#span = span;
    const values = chosen.split("..");
    for (const [at, day] of this.#days.entries()) {
      [day.min, day.max] = span.map((end) => end ?? "");
      if (document.activeElement !== day) day.value = values[at] ?? "";
    }
  }

  clear() {
    for (const day of this.#days) day.value = "";
  }

  focus() {
    this.#days[0].focus();
  }
}
