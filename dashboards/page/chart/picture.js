// Drawing of a chart: ECharts on a canvas that fills its element.

import { init } from "../echarts.js";
import { heights, options } from "./options.js";

/** A chart that fills an element. */
export class Picture {
  #node;
  #kind;
  #drawing = null;
  #hidden = new Set();
  #instance = null;

  constructor(node, kind) {
    this.#node = node;
    this.#kind = kind;
    // Draws when the element gets a size, and again when the size changes.
    new ResizeObserver(() => this.#fit()).observe(node);
  }

  /** Draws a shape without the series named in `hidden`. */
  draw(drawing, hidden) {
    [this.#drawing, this.#hidden] = [drawing, hidden];
    const [least, most] = heights(this.#kind, drawing);
    this.#node.style.minHeight = `${least}px`;
    this.#node.style.maxHeight = most === Infinity ? "none" : `${most}px`;
    this.#fit();
  }

  #fit() {
    const width = this.#node.clientWidth;
    if (!width || !this.#drawing) return;
    this.#instance ??= init(this.#node);
    this.#instance.resize();
    const option = options(this.#kind, this.#drawing, this.#hidden, width);
    this.#instance.setOption(option, { replaceMerge: ["series", "xAxis", "yAxis"] });
  }
}
