// SPDX-License-Identifier: Apache-2.0
// Live progress of a run: server-sent events into the figures, the bar and the two lines of evidence.
"use strict";
(() => {
  const panel = document.querySelector("[data-live]");
  if (!panel || !window.EventSource) return;
  const source = new EventSource(panel.dataset.live);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const line = (state, which) => {
    const path = state.path || [];
    const most = Math.max(state.planned, 1);
    const y = (value) => {
      const half = value >= 0 ? value / state.upper : -value / state.lower;
      return 100 - 70 * Math.max(-1.35, Math.min(1.35, half));
    };
    return path.map((step) => `${(640 * step[0]) / most},${y(step[which])}`).join(" ");
  };
  source.onmessage = (event) => {
    const state = JSON.parse(event.data);
    for (const name of ["tokens", "missing", "solved", "said"]) {
      const place = panel.querySelector(`[data-of="${name}"]`);
      if (place && name in state) {
        place.textContent = name === "said" ? state.said : number.format(state[name]);
      }
    }
    const bar = panel.querySelector("progress");
    if (bar && state.planned) {
      panel.querySelector("[data-started]").hidden = false;
      bar.max = state.planned;
      bar.value = state.items;
      const said = panel.querySelector(".progress-said .num");
      if (said) {
        const told = { "{done}": state.items, "{all}": state.planned };
        said.textContent = said.dataset.said.replace(/\{\w+\}/g, (of) => number.format(told[of]));
      }
    }
    const chart = panel.querySelector("[data-evidence]");
    if (chart && state.upper) {
      chart.querySelector("[data-low]").setAttribute("points", line(state, 1));
      chart.querySelector("[data-high]").setAttribute("points", line(state, 2));
    }
  };
  source.addEventListener("end", () => {
    source.close();
    window.location.reload();
  });
})();
