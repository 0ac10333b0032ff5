"use strict";
// The list of runs, kept up to date. Texts of records are set as text, never as markup.

(function followRuns() {
  if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname);

  const STATES = { running: "accepted", unfinished: "failed", failed: "failed", unreadable: "failed" };
  const rows = document.getElementById("runs");
  const connection = document.getElementById("connection");
  const note = document.getElementById("note");

  function isolated(tag, text) {
    const element = document.createElement(tag);
    const isolated = document.createElement("bdi");
    isolated.textContent = text;
    element.append(isolated);
    return element;
  }

  function rowOf(run) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    const link = isolated("a", run.name);
    link.setAttribute("href", run.href);
    head.append(link);
    const state = isolated("span", run.status);
    state.className = `state ${STATES[run.status] || ""}`;
    const status = document.createElement("td");
    status.append(state);
    const iterations = isolated("td", String(run.iterations));
    iterations.className = "n";
    row.append(head, status, isolated("td", run.kind), isolated("td", run.task), iterations, isolated("td", run.headline));
    return row;
  }

  function show(list) {
    const before = new Map([...rows.children].map((row) => [row.querySelector("a").getAttribute("href"), row]));
    const after = list.runs.map((run) => {
      const fresh = rowOf(run);
      const old = before.get(run.href);
      return old && old.textContent === fresh.textContent && old.dataset.live ? old : fresh;
    });
    after.forEach((row) => (row.dataset.live = "yes"));
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    if (after.length !== rows.children.length || after.some((row, index) => rows.children[index] !== row)) {
      rows.replaceChildren(...after);
      if (focused) after.map((row) => row.querySelector("a")).find((link) => link.getAttribute("href") === focused)?.focus();
    }
    note.textContent = list.note;
    note.hidden = !list.note;
  }

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch("state", { cache: "no-store" });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      show(await answer.json());
      connection.textContent = "Live: this list updates itself.";
    } catch (error) {
      connection.textContent = `strop view has ended or cannot be reached (${error.message}). This list does not update.`;
    }
  }

  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000);
  look();
})();
