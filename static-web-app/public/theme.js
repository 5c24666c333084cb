// Before the first paint, so that nobody sees the wrong theme flash. A file, because the CSP allows no inline script.
(function () {
  var kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("nexus.preferences") || "{}").state || {};
  } catch (unreadable) {
    kept = {};
  }
  var dark = kept.theme === "dark" || (kept.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.lang = kept.language || (/^de\b/i.test(navigator.language) ? "de" : "en");
})();
