// Storage of choices in the browser. If the browser does not allow it, nothing is stored.

/** The text stored under this name, or null. `tab`: stored until the tab is closed. */
export function recall(name, { tab = false } = {}) {
  try {
    return store(tab).getItem(name);
  } catch {
    return null;
  }
}

/** Stores a text; null removes it. */
export function keep(name, text, { tab = false } = {}) {
  try {
    if (text === null) store(tab).removeItem(name);
    else store(tab).setItem(name, text);
  } catch {
    // Storage is not allowed.
  }
}

function store(tab) {
  return tab ? sessionStorage : localStorage;
}
