"use strict";
/* The behaviour of a page. Texts of a run are set through textContent only: never as HTML, as an attribute that names code, or
   as a style. The large tables and all texts are in one compressed block, which is read when it is first needed. */
(() => {
  const root = document.documentElement;
  const ROW = 34; // pixels, as --row in the style sheet
  const BEYOND = 10; // rows kept above and below the view
  const WAIT = 150; // milliseconds after the last key before a search begins
  const PREVIEW = 160; // characters of a text in a row
  const CHOICES = 400; // of a filter, at most
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]|\p{Cs}|\p{Co}|\p{Cn}/gu;
  const ANY = "";
  const NAMES = { at: "after, s", seconds: "took, s", wall_seconds: "took, s", dollars: "cost, $", finish_reason: "finish", seq: "event", index: "message", input_tokens: "tokens in", output_tokens: "tokens out" };
  const tables = new Map();
  let data = null;

  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

  function make(name, text = "", classes = "") {
    const element = document.createElement(name);
    if (text !== "") element.textContent = text;
    if (classes) element.className = classes;
    return element;
  }

  /** Text with its control and direction characters as visible escapes. */
  function visible(text) {
    return text.replace(UNSEEN, (each) => `\\u{${each.codePointAt(0).toString(16)}}`);
  }

  // ---- The block -------------------------------------------------------------------------------------------------------

  function unpack() {
    data ??= inflate($("#block").textContent).then((text) => {
      const found = JSON.parse(text);
      $("#block").textContent = "";
      return found;
    });
    return data;
  }

  function bytesOf(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const binary = atob(base64);
    const bytes = new Uint8Array(binary.length);
    for (let place = 0; place < binary.length; place += 1) bytes[place] = binary.charCodeAt(place);
    return bytes;
  }

  async function inflate(base64) {
    const bytes = bytesOf(base64);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
  }

  // ---- The large tables ------------------------------------------------------------------------------------------------

  const INDICES = new Set(["solution", "error", "notes", "expertise", "message", "answer", "reasoning", "faults"]);

  class LargeTable {
    constructor(place, found) {
      this.name = place.dataset.table;
      this.thing = place.dataset.thing;
      this.place = place;
      this.texts = found.texts;
      this.rows = found[this.name];
      this.length = this.rows.at.length;
      this.window = $(".window", place);
      this.body = $("tbody", place);
      this.heads = $$("thead th", place);
      this.searched = place.dataset.search.split(" ");
      this.sorting = { column: "", down: false };
      this.only = { query: "", text: null };
      this.drawn = { shown: null, span: "", rows: new Map() };
      this.filters = $$("select[data-filter]", place);
      this.shown = Uint32Array.from({ length: this.length }, (_, row) => row);
      this.fillFilters();
      this.listen();
      this.draw();
    }

    fillFilters() {
      for (const select of this.filters) {
        const counts = new Map();
        for (const value of this.rows[select.dataset.filter]) counts.set(value, (counts.get(value) ?? 0) + 1);
        const values = [...counts.keys()].sort(ascending).slice(0, CHOICES);
        for (const value of values) {
          const option = make("option", `${wordOf(value, select.dataset.filter)} (${counts.get(value).toLocaleString("en")})`);
          option.value = JSON.stringify(value);
          select.append(option);
        }
        select.parentElement.hidden = values.length < 2;
      }
    }

    listen() {
      let waiting = 0;
      $("input", this.place).addEventListener("input", (event) => {
        clearTimeout(waiting);
        waiting = setTimeout(() => { this.only.query = event.target.value.trim(); this.update(); }, WAIT);
      });
      for (const select of this.filters) select.addEventListener("change", () => this.update());
      $(".reset", this.place).addEventListener("click", () => this.reset());
      for (const head of this.heads) $("button", head).addEventListener("click", () => this.sort(head));
      this.window.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
      this.body.addEventListener("click", (event) => {
        const row = event.target.closest("tr[data-row]");
        if (row && !getSelection().toString()) this.open(Number(row.dataset.row));
      });
      this.body.addEventListener("keydown", (event) => this.move(event));
      new ResizeObserver(() => this.draw()).observe(this.window);
    }

    reset() {
      for (const select of this.filters) select.value = ANY;
      $("input", this.place).value = "";
      this.only = { query: "", text: null };
      this.update();
    }

    ofText(text) {
      this.reset();
      this.only.text = text;
      this.update();
    }

    sort(head) {
      const { column, down } = this.sorting;
      const same = column === head.dataset.column;
      this.sorting = same && down ? { column: "", down: false } : { column: head.dataset.column, down: same };
      for (const each of this.heads) each.setAttribute("aria-sort", "none");
      if (this.sorting.column) head.setAttribute("aria-sort", this.sorting.down ? "descending" : "ascending");
      this.update();
    }

    /** Choose the rows to show, and their order. */
    update() {
      let found = Uint32Array.from({ length: this.length }, (_, row) => row);
      for (const select of this.filters) {
        if (select.value === ANY) continue;
        const column = this.rows[select.dataset.filter], wanted = JSON.parse(select.value);
        found = found.filter((row) => column[row] === wanted);
      }
      if (this.only.text !== null) found = found.filter((row) => this.rows.solution[row] === this.only.text);
      if (this.only.query) found = this.matching(found, this.only.query);
      this.shown = this.ordered(found);
      this.window.scrollTop = 0;
      this.draw();
      this.count();
    }

    /** Each text is searched once, however many rows refer to it. */
    matching(found, query) {
      const pattern = new RegExp(query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
      const hits = new Int8Array(this.texts.length);
      const scopes = new Map();
      const inText = (place) => {
        if (place === null) return false;
        if (!hits[place]) hits[place] = pattern.test(this.texts[place]) ? 1 : -1;
        return hits[place] > 0;
      };
      const inScope = (scope) => {
        if (!scopes.has(scope)) scopes.set(scope, pattern.test(scope));
        return scopes.get(scope);
      };
      const columns = this.searched.map((name) => [this.rows[name], INDICES.has(name) ? inText : inScope]);
      return found.filter((row) => columns.some(([column, holds]) => holds(column[row])));
    }

    ordered(found) {
      const { column, down } = this.sorting;
      if (!column || column === "row") return down ? found.reverse() : found;
      const values = this.rows[column];
      const key = INDICES.has(column) ? (row) => (values[row] === null ? null : this.texts[values[row]].slice(0, PREVIEW)) : (row) => values[row];
      const sign = down ? -1 : 1;
      return found.sort((a, b) => sign * ascending(key(a), key(b)) || a - b);
    }

    count() {
      const all = this.length.toLocaleString("en"), things = this.name === "calls" ? "messages" : "evaluations";
      const part = this.shown.length.toLocaleString("en");
      const whole = this.shown.length === this.length;
      const said = this.only.text === null ? "" : ", of one program";
      $(".count", this.place).textContent = whole ? `${all} ${this.length === 1 ? things.slice(0, -1) : things}` : `${part} of ${all} ${things}${said}`;
    }

    /** Only rows in view are in the document; empty rows above and below keep their place. Rows that stay in view are kept: they
        may be about to be clicked. */
    draw() {
      const from = Math.max(Math.floor(this.window.scrollTop / ROW) - BEYOND, 0);
      const first = Math.min(from, Math.max(this.shown.length - 1, 0));
      const last = Math.min(first + Math.ceil((this.window.clientHeight || 600) / ROW) + 2 * BEYOND, this.shown.length);
      const columns = this.heads.filter((head) => head.offsetParent !== null).length;
      const span = `${first} ${last} ${columns}`;
      if (this.drawn.shown === this.shown && this.drawn.span === span) return;
      const before = this.drawn.shown === this.shown ? this.drawn.rows : new Map(), rows = new Map();
      for (let place = first; place < last; place += 1) rows.set(place, before.get(place) ?? this.rowAt(place));
      this.drawn = { shown: this.shown, span, rows };
      const focused = this.body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.row : null;
      this.body.replaceChildren(space(first * ROW, columns), ...rows.values(), space((this.shown.length - last) * ROW, columns));
      $("table", this.place).setAttribute("aria-rowcount", String(this.shown.length + 1));
      if (focused) ($(`tr[data-row="${focused}"] button`, this.body) ?? this.window).focus({ preventScroll: true });
    }

    rowAt(place) {
      const row = this.shown[place];
      const line = make("tr");
      line.dataset.row = String(row);
      line.dataset.place = String(place);
      line.setAttribute("aria-rowindex", String(place + 2));
      for (const head of this.heads) line.append(this.cell(row, head));
      return line;
    }

    cell(row, head) {
      const { column, kind } = head.dataset;
      const cell = make("td", "", head.className);
      if (kind === "row") {
        const button = make("button", String(row + 1));
        button.type = "button";
        button.setAttribute("aria-label", `Open ${this.thing} ${row + 1}`);
        cell.append(button);
      } else {
        cell.textContent = this.worded(row, column);
      }
      return cell;
    }

    worded(row, column) {
      const value = this.rows[column][row];
      if (INDICES.has(column)) return value === null ? "" : visible(this.texts[value].slice(0, PREVIEW).replace(/\s+/g, " "));
      return this.bound(row, column) + wordOf(value, column);
    }

    /** A price of tokens that the server did not count is the most that it may be. */
    bound(row, column) {
      const uncounted = [this.rows.input_tokens, this.rows.output_tokens].some((tokens) => (tokens?.[row] ?? null) === null);
      return column === "dollars" && this.rows.dollars[row] && uncounted ? "at most " : "";
    }

    move(event) {
      const row = event.target.closest("tr[data-row]");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!row || !step) return;
      event.preventDefault();
      this.focusAt(Number(row.dataset.place) + step);
    }

    focusAt(place) {
      if (place < 0 || place >= this.shown.length) return;
      const top = place * ROW, height = this.window.clientHeight - 2 * ROW;
      if (top < this.window.scrollTop) this.window.scrollTop = top;
      else if (top > this.window.scrollTop + height - ROW) this.window.scrollTop = top - height + ROW;
      this.draw();
      $(`tr[data-place="${place}"] button`, this.body)?.focus({ preventScroll: true });
    }

    open(row) {
      reader.show(this, row);
    }

    text(row, column) {
      const place = this.rows[column]?.[row];
      return place === null || place === undefined ? null : this.texts[place];
    }
  }

  function space(height, columns) {
    const line = make("tr", "", "space");
    line.setAttribute("aria-hidden", "true");
    const cell = make("td");
    cell.colSpan = columns;
    cell.style.height = `${height}px`;
    line.append(cell);
    return line;
  }

  function ascending(a, b) {
    if (a === b) return 0;
    if (a === null || a === undefined) return -1;
    if (b === null || b === undefined) return 1;
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a) < String(b) ? -1 : 1;
  }

  /** A value of a column in words. */
  function wordOf(value, column) {
    if (value === null || value === undefined || value === "") return "–";
    if (column === "value") return value.toFixed(3);
    if (column === "dollars") return value.toFixed(4);
    if (column === "at") return value.toFixed(1);
    if (column === "seconds" || column === "wall_seconds") return value.toFixed(3);
    return typeof value === "number" ? value.toLocaleString("en") : visible(value);
  }

  async function tableOf(name) {
    const place = $(`.large[data-table="${name}"]`);
    if (!place) return null;
    const found = await unpack();
    if (!tables.has(name)) tables.set(name, new LargeTable(place, found));
    return tables.get(name);
  }

  // ---- One evaluation, or one prompt with its answer, in full ----------------------------------------------------------

  const reader = {
    table: null,
    row: 0,
    parts: {
      calls: [["expertise", "Expertise"], ["message", "Prompt"], ["answer", "Response"], ["reasoning", "Reasoning"], ["faults", "Faults"]],
      evaluations: [["error", "Error"], ["notes", "Notes"], ["solution", "Program"]],
    },

    show(table, row) {
      [this.table, this.row] = [table, row];
      $("#reader-title").textContent = `${table.thing === "call" ? "LM call" : "Evaluation"} ${row + 1} of ${table.length.toLocaleString("en")}`;
      const facts = make("dl", "", "facts");
      for (const [column, values] of Object.entries(table.rows)) {
        if (INDICES.has(column)) continue;
        const fact = make("div");
        fact.append(make("dt", NAMES[column] ?? column), make("dd", table.bound(row, column) + wordOf(values[row], column)));
        facts.append(fact);
      }
      const body = $("#reader-body");
      body.replaceChildren(facts);
      for (const [column, title] of this.parts[table.name]) {
        const text = table.text(row, column);
        if (text !== null) body.append(make("h3", title), make("pre", visible(text), column));
        else if (column === "answer") body.append(make("h3", title), make("p", "No response is recorded, or it was too large for the page."));
      }
      $("#reader-previous").disabled = this.next(-1) === null;
      $("#reader-next").disabled = this.next(1) === null;
      history.replaceState(null, "", `#${table.thing}-${row + 1}`);
      if (!$("#reader").open) $("#reader").showModal();
      $("#reader").scrollTop = 0;
      $("#reader-title").focus();
    },

    /** The row before or after, among the rows that the table shows. */
    next(step) {
      const place = this.table.shown.indexOf(this.row);
      const row = place < 0 ? undefined : this.table.shown[place + step];
      return row === undefined ? null : row;
    },

    go(step) {
      const row = this.next(step);
      if (row !== null) this.show(this.table, row);
    },

    closed() {
      const { table, row } = this;
      history.replaceState(null, "", `#${table.name}`);
      const place = table.shown.indexOf(row);
      if (place >= 0) table.focusAt(place);
    },

    listen() {
      $("#reader-close").addEventListener("click", () => $("#reader").close());
      $("#reader-previous").addEventListener("click", () => this.go(-1));
      $("#reader-next").addEventListener("click", () => this.go(1));
      $("#reader").addEventListener("close", () => this.closed());
      $("#reader").addEventListener("click", (event) => { if (event.target === $("#reader")) $("#reader").close(); });
    },
  };

  // ---- The lineage -----------------------------------------------------------------------------------------------------

  function openNode(node, move) {
    if (!node.classList.contains("chosen")) {
      for (const other of $$(".node.chosen, .node[open]")) {
        other.classList.remove("chosen");
        other.open = false;
      }
      node.classList.add("chosen");
    }
    node.open = true;
    for (const box of $$(".box[aria-current]")) box.removeAttribute("aria-current");
    for (const box of $$("a.box")) if (box.getAttribute("href") === `#${node.id}`) box.setAttribute("aria-current", "true");
    if (!move) return;
    node.scrollIntoView({ block: "nearest" });
    $("summary", node).focus({ preventScroll: true });
  }

  /** Turn the panes of an opened node into tabs. */
  function makeTabs(node) {
    const panes = $$(".pane", node);
    if ($(".tabs", node) || panes.length < 2) return;
    const bar = make("div", "", "tabs");
    bar.setAttribute("role", "tablist");
    bar.setAttribute("aria-label", "Views of this node");
    panes.forEach((pane, number) => {
      const tab = make("button", pane.dataset.tab);
      tab.type = "button";
      tab.id = `${node.id}-tab-${number}`;
      tab.setAttribute("role", "tab");
      pane.id = `${node.id}-pane-${number}`;
      tab.setAttribute("aria-controls", pane.id);
      pane.setAttribute("role", "tabpanel");
      pane.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => chooseTab(bar, panes, number));
      bar.append(tab);
    });
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const tabs = [...bar.children];
      const number = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
      chooseTab(bar, panes, number);
      tabs[number].focus();
    });
    $(".panes", node).prepend(bar);
    chooseTab(bar, panes, 0);
    for (const place of $$("[data-text]", node)) {
      unpack().then((found) => { place.textContent = visible(found.texts[Number(place.dataset.text)] ?? ""); });
    }
  }

  function chooseTab(bar, panes, chosen) {
    [...bar.children].forEach((tab, number) => {
      tab.setAttribute("aria-selected", String(number === chosen));
      tab.tabIndex = number === chosen ? 0 : -1;
      panes[number].hidden = number !== chosen;
    });
  }

  function listenToNodes() {
    const list = $("#nodes"), button = $("#all-nodes");
    if (!list) return;
    for (const node of $$(".node", list)) node.addEventListener("toggle", () => { if (node.open) makeTabs(node); });
    button.addEventListener("click", () => {
      const all = list.classList.toggle("all");
      button.setAttribute("aria-expanded", String(all));
      button.textContent = all ? "Show only the selected one" : `List all ${$$(".node", list).length.toLocaleString("en")}`;
    });
    for (const box of $$("a.box")) {
      box.addEventListener("click", (event) => { // also where the address already names the node
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        history.pushState(null, "", box.getAttribute("href"));
        follow();
      });
    }
    const went = $$(".node .state.accepted", list).at(-1)?.closest(".node");
    openNode(went ?? $(".node", list), false);
  }

  // ---- The frame -------------------------------------------------------------------------------------------------------

  function listenToTheme() {
    const button = $("#theme"), system = matchMedia("(prefers-color-scheme: dark)");
    const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
    const say = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
    button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; say(); });
    system.addEventListener("change", say);
    say();
  }

  function watchSections() {
    const links = new Map($$(".sections a").map((link) => [link.getAttribute("href").slice(1), link]));
    const sections = $$("main > section").filter((section) => links.has(section.id));
    const mark = () => {
      const line = innerHeight / 3;
      const current = sections.findLast((section) => section.getBoundingClientRect().top <= line) ?? sections[0];
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(current?.id)?.setAttribute("aria-current", "true");
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    }, { passive: true });
    mark();
  }

  /** Open what the address names: a node, an evaluation, an LM call, the evaluations of a program. */
  async function follow() {
    const [, what, which] = location.hash.match(/^#(node|call|evaluation|evaluations-of)-([\w.-]+)$/) ?? [];
    if (what === "node") {
      const node = document.getElementById(`node-${which}`);
      if (node) openNode(node, true);
    } else if (what === "evaluations-of") {
      const table = await tableOf("evaluations");
      table?.ofText(Number(which));
      table?.place.scrollIntoView({ block: "start" });
    } else if (what) {
      const table = await tableOf(`${what}s`), row = Number(which) - 1;
      if (table && Number.isInteger(row) && row >= 0 && row < table.length) table.open(row);
    }
  }

  function readTablesWhenNear() {
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        tableOf(target.dataset.table).catch(() => { $(".count", target).textContent = "This browser is too old to read the table."; });
      }
    }, { rootMargin: "600px" });
    for (const place of $$(".large")) watcher.observe(place);
  }

  // ---- The page of a run that goes on ----------------------------------------------------------------------------------

  /** Reload the page, unless somebody reads a text in full, searches or marks something; what was open stays open. */
  function keepUp() {
    const seconds = Number(root.dataset.renewed), key = `strop ${location.pathname}`;
    const parts = () => $$("main details").map((each, number) => [each.id || number, each]);
    const busy = () => $("#reader").open || getSelection().toString() || $$(".large input, .large select").some((each) => each.value);
    const before = JSON.parse(sessionStorage.getItem(key) ?? "null");
    sessionStorage.removeItem(key);
    if (before) {
      if (before.theme && $("#theme").textContent.toLowerCase().startsWith(before.theme)) $("#theme").click();
      for (const [id, each] of parts()) each.open = before.open.includes(id);
      scrollTo({ top: before.top, behavior: "instant" });
    }
    if (!seconds) return;
    setInterval(() => {
      if (busy()) return;
      const open = parts().filter(([, each]) => each.open).map(([id]) => id);
      sessionStorage.setItem(key, JSON.stringify({ open, top: scrollY, theme: root.dataset.theme }));
      location.reload();
    }, seconds * 1000);
  }

  root.classList.add("js");
  reader.listen();
  listenToTheme();
  listenToNodes();
  watchSections();
  readTablesWhenNear();
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  follow();
  window.strop = { tableOf };
  keepUp();
})();
