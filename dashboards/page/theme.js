// Theme, light or dark, set before anything is drawn: the stored choice, otherwise that of the system.

(() => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  let chosen = null;
  try {
    chosen = localStorage.getItem("tagmill-theme");
  } catch {
    // Storage is not allowed.
  }
  document.documentElement.dataset.theme = chosen ?? system;
})();
