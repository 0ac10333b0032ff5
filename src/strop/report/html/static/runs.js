"use strict";
// The list of runs, kept up to date. Whatever a run says of itself is set as text, never as markup.

(function followRuns() {
  if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname);

  const STATES = { running: "accepted", killed: "failed", failed: "failed", unreadable: "failed" };
  const rows = document.getElementById("runs");
  const connection = document.getElementById("connection");
  const note = document.getElementById("note");

  function told(tag, text) {
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
    const link = told("a", run.name);
    link.setAttribute("href", run.href);
    head.append(link);
    const state = told("span", run.status);
    state.className = `state ${STATES[run.status] || ""}`;
    const status = document.createElement("td");
    status.append(state);
    const iterations = told("td", String(run.iterations));
    iterations.className = "n";
    row.append(head, status, told("td", run.kind), told("td", run.task), iterations, told("td", run.headline));
    return row;
  }

  function show(said) {
    const before = new Map([...rows.children].map((row) => [row.querySelector("a").getAttribute("href"), row]));
    const after = said.runs.map((run) => {
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
    note.textContent = said.note;
    note.hidden = !said.note;
  }

  const source = new EventSource("events");
  source.addEventListener("open", () => (connection.textContent = "Live: this list follows the runs."));
  source.addEventListener("runs", (message) => show(JSON.parse(message.data)));
  source.addEventListener("closed", () => {
    source.close();
    connection.textContent = "strop watch has ended; this list stays as it is.";
  });
  source.addEventListener("error", () => {
    const gone = source.readyState === EventSource.CLOSED;
    connection.textContent = gone ? "strop watch is not there any more; this list stays as it is." : "Connection lost; trying again.";
  });
})();
