// Runs before the first paint so that the chosen theme never flashes; the settings screen writes the same key.
(function () {
  var saved = null;
  try {
    saved = JSON.parse(localStorage.getItem("settings") || "null");
  } catch {
    saved = null;
  }
  var theme = saved && saved.theme ? saved.theme : "dark";
  if (theme === "system") theme = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.palette = (saved && saved.palette) || "green-up";
})();
