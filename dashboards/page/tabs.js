// Tabs by the ARIA pattern: one stop of the Tab key, arrow keys move between them.

import { element } from "./element.js";
import { pick, say } from "./words.js";

/** Fills the list of tabs; `open(id)` is called for a new choice. Returns a function that marks the open tab. */
export function drawTabs(list, tabs, open) {
  const button = ({ id, title }) =>
    element(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, click: () => open(id) },
      pick(title),
    );
  const buttons = tabs.map(button);
  list.replaceChildren(...buttons);
  list.setAttribute("aria-label", say("tabs"));
  list.onkeydown = (event) => {
    const at = buttons.indexOf(document.activeElement);
    const last = buttons.length - 1;
    const next = { ArrowLeft: at ? at - 1 : last, ArrowRight: at < last ? at + 1 : 0, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    buttons[next].focus();
    buttons[next].click();
  };
  return (id) => {
    for (const [at, tab] of tabs.entries()) {
      buttons[at].setAttribute("aria-selected", tab.id === id);
      buttons[at].tabIndex = tab.id === id ? 0 : -1;
    }
  };
}
