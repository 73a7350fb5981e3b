// Options of ECharts for a shape.

import { bubble } from "./bubble.js";
import { colour, hues, inkBetween } from "./colours.js";
import { abbreviate, size, write } from "../format.js";

const BAR = 26;
const LARGEST_BAR = 44;
const HEATMAP_ROW = 30;
const OTHER = 250;

/** The minimum and maximum height of a chart. */
export function heights(kind, { places, series }) {
  if (kind === "bar") return [places.length * BAR, places.length * LARGEST_BAR].map((height) => Math.max(height + 12, 100));
  if (kind === "heatmap") return [series.length * HEATMAP_ROW + 30, Infinity];
  return [OTHER, Infinity];
}

/** The options of ECharts for a chart of this width. */
export function options(kind, drawing, hidden, width) {
  const colours = hues(drawing.series.map(({ name }) => name));
  const series = drawing.series.filter(({ name }) => !hidden.has(name));
  const picture = { ...drawing, series, colours, width };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return { ...frame(), ...KINDS[kind](picture), animation: !still, animationDuration: 300, animationDurationUpdate: 300 };
}

const KINDS = { bar, column, line, heatmap };

function bar(picture) {
  const { places, by, series, width } = picture;
  const [only, stacked] = [series[0], series.length > 1];
  const label = {
    show: !stacked && width > 260,
    position: "right",
    color: colour("--muted"),
    formatter: ({ dataIndex }) => write(only.values[dataIndex], only.field),
  };
  return {
    grid: { ...frame().grid, right: stacked ? 16 : 84 },
    xAxis: { ...measure(picture), show: stacked },
    yAxis: { ...names(places, by), inverse: true, axisLabel: named(by, Math.min(width * 0.42, 230)) },
    tooltip: tip(picture, "shadow"),
    series: series.map((one) => ({
      ...drawn(one),
      type: "bar",
      stack: "all",
      barMaxWidth: 20,
      barCategoryGap: "30%",
      itemStyle: { color: picture.colours.get(one.name), borderRadius: stacked ? 0 : 3 },
      label,
    })),
  };
}

function column(picture) {
  return {
    ...overTime(picture, true),
    tooltip: tip(picture, "shadow"),
    series: picture.series.map((one) => ({
      ...drawn(one),
      type: "bar",
      stack: "all",
      barMaxWidth: 34,
      barCategoryGap: "22%",
      itemStyle: { color: picture.colours.get(one.name) },
    })),
  };
}

function line(picture) {
  const alone = picture.series.length === 1;
  return {
    ...overTime(picture, false),
    tooltip: tip(picture, "line"),
    series: picture.series.map((one) => ({
      ...drawn(one),
      type: "line",
      smooth: 0.2,
      smoothMonotone: "x",
      showSymbol: picture.places.length === 1,
      symbolSize: 6,
      lineStyle: { width: alone ? 2.5 : 2 },
      itemStyle: { color: picture.colours.get(one.name) },
      areaStyle: alone ? { opacity: 0.12 } : undefined,
      emphasis: { focus: alone ? "none" : "series" },
    })),
  };
}

function heatmap(picture) {
  const { places, by, series, split, width } = picture;
  const cells = series.flatMap(({ values }, row) =>
    values.flatMap((value, column) => (value === undefined ? [] : [[column, row, size(value)]])),
  );
  const most = Math.max(1, ...cells.map(([, , value]) => value));
  const [low, high] = ["--heat-low", "--heat-high"].map(colour);
  const cell = (width - 120) / places.length;
  const data = cells.map((value) => ({ value, label: { color: inkBetween(low, high, value[2] / most) } }));
  return {
    xAxis: { ...names(places, by), axisLabel: { ...quiet(), formatter: (name) => name, hideOverlap: true } },
    yAxis: {
      ...names(series.map(({ title }) => title)),
      inverse: true,
      axisLabel: { ...quiet(), width: Math.min(width * 0.34, 230), overflow: "truncate" },
    },
    visualMap: { show: false, min: 0, max: most, inRange: { color: [low, high] } },
    tooltip: {
      ...bare("item"),
      formatter: ({ data: { value } }) => {
        const [column, row] = value;
        const { title, field, values } = series[row];
        return bubble(`${title} · ${write(places[column], by)}`, [{ value: write(values[column], field) }]);
      },
    },
    series: [
      {
        type: "heatmap",
        name: split.name,
        data,
        label: { show: cell > 36, fontSize: 11, formatter: ({ data: { value } }) => abbreviate(value[2], series[0].field) },
        itemStyle: { borderColor: colour("--card"), borderWidth: cell > 20 ? 2 : 1, borderRadius: cell > 20 ? 4 : 2 },
        emphasis: { itemStyle: { borderColor: colour("--ink"), borderWidth: 1 } },
      },
    ],
  };
}

function frame() {
  return {
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 2, right: 10, top: 10, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
  };
}

function overTime(picture, boundaryGap) {
  const { places, by } = picture;
  const axisLabel = { ...quiet(), hideOverlap: true, formatter: (_, at) => abbreviate(places[at], by) };
  return { xAxis: { ...names(places, by), boundaryGap, axisLabel }, yAxis: measure(picture) };
}

// An axis of names. They are identified by position, because two can have the same text.
function names(places, by) {
  return {
    type: "category",
    data: by ? places.map((place) => write(place, by)) : places,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colour("--line") } },
  };
}

function measure({ series }) {
  const field = series[0]?.field;
  return {
    type: "value",
    axisLabel: { ...quiet(), formatter: (value) => (field ? abbreviate(value, field) : value) },
    splitLine: { lineStyle: { color: colour("--line") } },
    splitNumber: 4,
  };
}

function quiet() {
  return { color: colour("--muted"), fontSize: 12 };
}

function named(by, width) {
  return { ...quiet(), color: colour("--ink"), fontSize: 13, width, overflow: "truncate", interval: 0 };
}

function drawn({ name, values }) {
  // The text «null» is another series than null, which stands for all others.
  return { id: JSON.stringify(name), name: JSON.stringify(name), data: values.map((value) => size(value ?? null)) };
}

function bare(trigger) {
  return {
    trigger,
    confine: true,
    transitionDuration: 0,
    padding: [8, 12],
    backgroundColor: colour("--card"),
    borderColor: colour("--line"),
  };
}

// The values of all series at one position, the largest first.
function tip({ places, by, series, colours }, pointer) {
  const lines = (at) => {
    const there = series.filter(({ values }) => values[at] !== undefined);
    const sorted = there.toSorted((one, other) => size(other.values[at]) - size(one.values[at]));
    return sorted.map(({ name, title, field, values }) => ({
      hue: colours.get(name),
      name: title,
      value: write(values[at], field),
    }));
  };
  return {
    ...bare("axis"),
    axisPointer: { type: pointer, shadowStyle: { color: colour("--hover") }, lineStyle: { color: colour("--muted") } },
    formatter: ([{ dataIndex }]) => bubble(write(places[dataIndex], by), lines(dataIndex)),
  };
}
