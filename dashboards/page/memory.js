// What the browser remembers of somebody's choices. Some browsers are told to remember nothing; then every visit is the first.

/** What was kept under this name, or null. `tab`: until the tab is closed, no longer. */
export function recall(name, { tab = false } = {}) {
  try {
    return store(tab).getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a text, or with null forgets it. */
export function keep(name, text, { tab = false } = {}) {
  try {
    if (text === null) store(tab).removeItem(name);
    else store(tab).setItem(name, text);
  } catch {
    // It is forgotten with the page.
  }
}

function store(tab) {
  return tab ? sessionStorage : localStorage;
}
