// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Runs before the first paint, so that no page flashes in the wrong theme or language.
(() => {
  let theme = null;
  let language = null;
  try {
    theme = localStorage.getItem("playvisor.theme");
    language = localStorage.getItem("playvisor.language");
  } catch {
    // Storage is off: the system's theme and the browser's language count.
  }
  if (theme !== "light" && theme !== "dark") {
    theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  if (language !== "en" && language !== "fr") language = navigator.language.startsWith("fr") ? "fr" : "en";
  document.documentElement.dataset.theme = theme;
  document.documentElement.lang = language;
})();
