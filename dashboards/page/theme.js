// Light or dark, before anything is drawn: as somebody has chosen here before, or else as the system has it.

(() => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  let chosen = null;
  try {
    chosen = localStorage.getItem("tagmill-theme");
  } catch {
    // A browser that is told to remember nothing.
  }
  document.documentElement.dataset.theme = chosen ?? system;
})();
