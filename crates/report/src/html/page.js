"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const filters = document.getElementById("filters");
  const search = document.getElementById("search");
  const rule = document.getElementById("rule");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const chips = all(".chip input");
  const rows = all(".tree button");
  const articles = all(".finding");
  const words = new Map();
  const told = (element) => {
    if (!words.has(element)) words.set(element, element.textContent.toLowerCase());
    return words.get(element);
  };
  const within = (path, at) => path === at || path.startsWith(at + "/") || path.startsWith(at + "!/") || path.startsWith(at + "@0x");
  let chosen = null;

  const apply = () => {
    const wanted = search.value.trim().toLowerCase();
    const severities = new Set(chips.filter((chip) => chip.checked).map((chip) => chip.value));
    let count = 0;
    for (const article of articles) {
      const kind = severities.has(article.dataset.severity) && (!rule.selectedIndex || article.dataset.rule === rule.value);
      const whole = wanted && told(article.querySelector("h3")).includes(wanted);
      let some = 0;
      for (const cause of all(".cause", article)) {
        const here = !chosen || all(".place", cause).some((place) => within(place.dataset.artifact, chosen));
        const fits = kind && here && (!wanted || whole || told(cause).includes(wanted));
        cause.hidden = !fits;
        some += fits ? Number(cause.dataset.count) : 0;
      }
      article.hidden = !some;
      count += some;
    }
    for (const row of rows) {
      const dull = wanted && !row.dataset.path.toLowerCase().includes(wanted);
      row.parentElement.hidden = Boolean(dull);
    }
    for (const item of all(".unread li")) {
      const here = !chosen || within(item.dataset.artifact, chosen);
      item.hidden = !here || Boolean(wanted && !told(item).includes(wanted));
    }
    none.hidden = count > 0 || !articles.length;
    shown.textContent = articles.length ? count + (count === 1 ? " finding shown" : " findings shown") : "";
  };

  const choose = (path) => {
    chosen = path;
    for (const row of rows) row.setAttribute("aria-pressed", String(row.dataset.path === path));
    apply();
  };

  filters.hidden = false;
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("input", apply);
  filters.addEventListener("reset", () => setTimeout(() => choose(null), 0));
  for (const row of rows) {
    row.addEventListener("click", () => choose(chosen === row.dataset.path ? null : row.dataset.path));
  }
  document.getElementById("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });
  addEventListener("beforeprint", () => all("details").forEach((part) => { part.open = true; }));
  apply();
})();
