"use strict";
// A served page follows its run: a strip at the top shows the status of the run, and changed parts of the page are replaced
// when the server has rendered a new page. LIVE_PAGE is the number of the page.

(function followRun(first) {
  if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname + location.hash);

  const STYLE = `
    #live { border: 1px solid var(--edge); border-left: 4px solid var(--accent); padding: 0.8rem 1rem; margin: 1.6rem 0 0; background: var(--panel); }
    #live p { margin: 0; }
    #live .live-sentence { font-weight: 600; }
    #live .live-connection { color: var(--soft); font-size: 0.85rem; }
    #live .live-resume { margin: 0.5rem 0; }
    #live dl { display: flex; flex-wrap: wrap; gap: 0.3rem 1.8rem; margin: 0.5rem 0; font-size: 0.9rem; }
    #live dl div { min-width: 0; }
    #live dt { color: var(--soft); font-size: 0.8rem; }
    #live dd { margin: 0; overflow-wrap: anywhere; }
    #live ol { list-style: none; margin: 0.4rem 0 0; padding: 0; font-size: 0.85rem; max-height: 9rem; overflow: auto; }
    #live li { overflow-wrap: anywhere; padding: 0.1rem 0; }
    @media print { #live { display: none; } }`;
  const LINES = 200;
  const TABLES = ["evaluations", "calls"];
  const WORDS = { running: "running", finished: "finished", interrupted: "stopped", budget: "limit spent" };
  const title = document.title;
  const shownParts = new Map(); // id of a section → its HTML
  let shown = first;
  let looking = false;
  let status = "";
  let ended = false;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function isolated(tag, text) {
    const made = element(tag);
    made.append(element("bdi", "", text));
    return made;
  }

  const strip = (function stripAtTheTop() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const root = element("aside");
    root.id = "live";
    root.setAttribute("aria-label", "Status of the run");
    const parts = {
      root,
      sentence: element("p", "live-sentence"),
      resume: element("pre", "command live-resume"),
      facts: element("dl"),
      more: element("details"),
      lines: element("ol"),
      connection: element("p", "live-connection", "Connecting to strop view..."),
    };
    parts.sentence.setAttribute("role", "status");
    parts.lines.tabIndex = 0;
    parts.resume.hidden = true;
    parts.more.append(element("summary", "", "What happened"), parts.lines);
    parts.more.open = true;
    root.append(parts.sentence, parts.resume, parts.facts, parts.more, parts.connection);
    document.getElementById("main").prepend(root);
    const foot = document.querySelector("footer p");
    if (foot) foot.textContent = "Served by strop view, on this machine only.";
    return parts;
  })();

  function say(target, text) {
    if (target.textContent !== text) target.textContent = text; // otherwise a screen reader repeats it
  }

  function showStatus(run) {
    status = run.status;
    strip.root.dataset.status = status;
    say(strip.sentence, run.sentence);
    document.title = `${WORDS[status] || status}: ${title}`;
    strip.resume.hidden = !run.resume;
    say(strip.resume, run.resume);
    strip.facts.replaceChildren(...run.facts.map(factOf));
    addLines(run.lines);
    if (ended !== (status !== "running")) {
      ended = !ended;
      strip.more.open = !ended; // the results are below
    }
  }

  function factOf([name, value]) {
    const fact = element("div");
    fact.append(element("dt", "", name), isolated("dd", value));
    return fact;
  }

  function addLines(lines) {
    const last = Number(strip.lines.lastElementChild?.dataset.seq || 0);
    const fresh = lines.filter(([seq]) => seq > last);
    const below = strip.lines.scrollHeight - strip.lines.scrollTop - strip.lines.clientHeight < 40;
    for (const [seq, text] of fresh) {
      const line = isolated("li", text);
      line.dataset.seq = seq;
      strip.lines.append(line);
    }
    while (strip.lines.childElementCount > LINES) strip.lines.firstElementChild.remove();
    strip.more.hidden = !strip.lines.childElementCount;
    if (below && fresh.length) strip.lines.scrollTop = strip.lines.scrollHeight;
  }

  // A new page -----------------------------------------------------------------------------------------------------------

  async function renew() {
    const fresh = new DOMParser().parseFromString(await asked(location.pathname, "text"), "text/html");
    const number = Number(/const LIVE_PAGE = (\d+);/.exec(fresh.querySelector("script:not([type])")?.textContent || "")?.[1] || 0);
    await exchange(fresh);
    shown = Math.max(number, shown);
  }

  async function asked(address, form) {
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer[form]();
  }

  async function exchange(fresh) {
    const current = sectionsOf(document);
    const next = sectionsOf(fresh);
    if (!next.size || !current.size) {
      if (next.size || fresh.querySelector("h1")?.textContent !== document.querySelector("h1")?.textContent) location.reload();
      return;
    }
    const renewed = window.strop.renewing();
    const state = kept();
    const parts = [];
    let before = strip.root;
    for (const [id, section] of next) {
      const html = section.outerHTML;
      const old = current.get(id);
      // The large tables take their new rows themselves, and keep their search and filters.
      if (old && TABLES.includes(id)) {
        exchangeFigures(old, section);
        const count = old.querySelector(".count");
        if (count) say(count, section.querySelector(".count")?.textContent || ""); // where the table was not read yet
        before = old;
      } else if (old && shownParts.get(id) === html) {
        before = old;
      } else {
        const made = document.importNode(section, true);
        if (old) old.replaceWith(made);
        else before.after(made);
        before = made;
        parts.push(id);
      }
      shownParts.set(id, html);
    }
    for (const [id, section] of current) if (!next.has(id)) section.remove();
    const menu = fresh.querySelector("nav.sections");
    const items = document.querySelector("nav.sections");
    if (menu && items && menu.childElementCount && menu.querySelectorAll("a").length !== items.querySelectorAll("a").length) {
      items.replaceWith(document.importNode(menu, true));
      parts.push("sections");
    }
    await renewed(parts, fresh.getElementById("block")?.textContent || "");
    restore(state);
  }

  function exchangeFigures(old, section) {
    for (const figure of section.querySelectorAll("figure[id]")) {
      const made = document.importNode(figure, true);
      const existing = document.getElementById(figure.id);
      if (existing) existing.replaceWith(made);
      else old.querySelector(".large").before(made);
    }
  }

  function sectionsOf(page) {
    return new Map([...page.querySelectorAll("main > section[id]")].map((section) => [section.id, section]));
  }

  function kept() {
    const open = [...document.querySelectorAll("main section details[open]")].map(pathOf).filter(Boolean);
    return { open, focus: document.activeElement?.id || "", top: window.scrollY };
  }

  function pathOf(details) {
    const owner = details.closest("[id]");
    return owner && [owner.id, [...owner.querySelectorAll("details")].indexOf(details)];
  }

  function restore(state) {
    for (const [id, index] of state.open) {
      const owner = document.getElementById(id);
      const details = index < 0 ? owner : owner?.querySelectorAll("details")[index];
      if (details instanceof HTMLDetailsElement) details.open = true;
    }
    if (state.focus && document.activeElement?.id !== state.focus) document.getElementById(state.focus)?.focus({ preventScroll: true });
    window.scrollTo({ top: state.top, behavior: "instant" });
  }

  // The state of the run -------------------------------------------------------------------------------------------------

  // A hidden page of a run that has ended asks for nothing, so that strop view can end; it asks again when it is seen.
  async function look() {
    if (looking || (document.hidden && status && status !== "running")) return;
    looking = true;
    try {
      const run = await asked(`state?after=${strip.lines.lastElementChild?.dataset.seq || 0}`, "json");
      showStatus(run);
      if (run.page > shown && !document.hidden) await renew();
      say(strip.connection, "Live: this page updates itself.");
    } catch (error) {
      say(strip.connection, `strop view has ended or cannot be reached (${error.message}). This page does not update.`);
    } finally {
      looking = false;
    }
  }

  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000);
  look();
})(LIVE_PAGE);
