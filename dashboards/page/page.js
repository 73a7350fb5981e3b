// The page: builds tabs and cards from the specification and keeps their numbers up to date.

import { Asker } from "./ask.js";
import { card } from "./chart/card.js";
import { element } from "./element.js";
import { now, recent } from "./format.js";
import { keep, recall } from "./memory.js";
import { Selectors } from "./selectors.js";
import { drawTabs } from "./tabs.js";
import { request, satisfied } from "./token.js";
import { language, pick, say, switchLanguage } from "./words.js";

const place = (id) => document.getElementById(id);

const spec = await (await fetch(new URL("spec.json", import.meta.url))).json();

/** The open tab, and the chosen values of each tab by its id. Both are part of the address, which can be shared. */
let open = spec.tabs[0];
const chosen = Object.fromEntries(spec.tabs.map(({ id }) => [id, {}]));

/** The last response by the id of the tab, and the time of the last response. */
const answers = {};
let looked = "";

/** Cards and selectors of each tab, by its id. */
let panels = {};
let mark = () => {};

const asker = new Asker(question, {
  heard(answer) {
    satisfied();
    complain(null);
    if (answer) answers[open.id] = answer;
    looked = now();
    show();
  },
  failed(problem) {
    complain(problem ? say("refused", { problem }) : say("away"));
  },
  askedForToken(wasWrong) {
    request(wasWrong, () => asker.now());
  },
});

function question() {
  return new URLSearchParams({ tab: open.id, ...chosen[open.id] }).toString();
}

function build() {
  document.documentElement.lang = language();
  document.title = `${pick(spec.title)} · Tagmill`;
  place("title").textContent = pick(spec.title);
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  panels = Object.fromEntries(spec.tabs.map((tab) => [tab.id, panel(tab)]));
  place("panels").replaceChildren(...Object.values(panels).map(({ node }) => node));
  mark = drawTabs(place("tabs"), spec.tabs, (id) => choose(id));
  label();
  show();
}

function panel(tab) {
  const selectors = tab.selectors.length ? new Selectors(tab.selectors, chosen[tab.id], narrow) : null;
  const cards = tab.charts.map(card);
  const attributes = { role: "tabpanel", id: `panel-${tab.id}`, "aria-labelledby": `tab-${tab.id}`, class: "panel" };
  const grid = element("div", { class: "grid" }, ...cards.map(({ node }) => node));
  return { selectors, cards, node: element("section", attributes, selectors && selectors.node, grid) };
}

function choose(id) {
  open = spec.tabs.find((tab) => tab.id === id) ?? spec.tabs[0];
  remember();
  show();
  asker.now();
}

function narrow() {
  remember();
  asker.now();
}

function show() {
  mark(open.id);
  for (const [id, { node }] of Object.entries(panels)) node.hidden = id !== open.id;
  const answer = answers[open.id];
  state(answer);
  if (!answer) return;
  const { selectors, cards } = panels[open.id];
  selectors?.offer(answer.choices);
  const narrowing = open.selectors.filter(({ id }) => id in chosen[open.id]);
  for (const one of cards) {
    const narrowed = narrowing.some(({ narrows }) => narrows.includes(one.chart.id));
    one.show(answer.charts[one.chart.id], narrowing.length > 0 && !narrowed);
  }
}

function state(answer) {
  const told = answer ? say("asOf", { time: recent(answer.as_of), looked }) : say("waiting");
  place("as-of").textContent = asker.stopped ? `${told}, ${say("paused")}` : told;
  place("state").dataset.state = asker.stopped ? "paused" : place("trouble").hidden ? "live" : "away";
}

function complain(text) {
  const trouble = place("trouble");
  if (trouble.textContent !== (text ?? "")) trouble.textContent = text ?? "";
  trouble.hidden = !text;
  state(answers[open.id]);
}

function label() {
  const dark = document.documentElement.dataset.theme === "dark";
  place("theme").textContent = say(dark ? "light" : "dark");
  place("language").textContent = say("language");
  place("language").lang = language() === "ru" ? "en" : "ru";
  place("pause").textContent = say(asker.stopped ? "resume" : "pause");
}

function remember() {
  history.replaceState(null, "", `#${question()}`);
}

function recollect() {
  const { tab, ...selected } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  open = spec.tabs.find(({ id }) => id === tab) ?? spec.tabs[0];
  const known = open.selectors.filter(({ id }) => selected[id]).map(({ id }) => [id, selected[id]]);
  chosen[open.id] = Object.fromEntries(known);
}

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  label();
  for (const { cards } of Object.values(panels)) for (const one of cards) one.redraw();
}

const system = matchMedia("(prefers-color-scheme: dark)");

place("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  // The theme of the system is not stored: the page then follows the system.
  keep("tagmill-theme", theme === (system.matches ? "dark" : "light") ? null : theme);
  useTheme(theme);
});
system.addEventListener("change", ({ matches }) => {
  if (recall("tagmill-theme") === null) useTheme(matches ? "dark" : "light");
});
place("language").addEventListener("click", () => {
  switchLanguage();
  build();
});
place("pause").addEventListener("click", () => {
  asker.stopped = !asker.stopped;
  label();
  state(answers[open.id]);
});
addEventListener("hashchange", () => {
  recollect();
  build();
  asker.now();
});

recollect();
build();
asker.now();
