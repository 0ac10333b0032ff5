"use strict";
// A served page follows its run, or its folder of runs: a line at the top says where the run stands, and parts of the page that
// have changed are replaced when the server has a newer one. LIVE_PAGE is the number of the page.

(function follow(first) {
  if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname + location.hash);

  const TABLES = ["evaluations", "calls"];
  const WORDS = { running: "running", finished: "finished", interrupted: "stopped", budget: "limit spent" };
  const title = document.title;
  const shownParts = new Map(); // id of a section → its HTML
  let shown = first;
  let looking = false;
  let status = "";

  const main = document.getElementById("main");
  const strip = document.createElement("aside");
  const sentence = document.createElement("p");
  const connection = document.createElement("p");
  strip.id = "live";
  strip.setAttribute("aria-label", "Status");
  sentence.className = "live-sentence";
  sentence.setAttribute("role", "status");
  connection.className = "live-connection";
  connection.textContent = "Connecting to strop view...";
  strip.append(sentence, connection);
  main.prepend(strip);
  const foot = document.querySelector("footer p");
  if (foot) foot.textContent = "Served by strop view, on this machine only.";

  function say(target, text) {
    if (target.textContent !== text) target.textContent = text; // otherwise a screen reader repeats it
  }

  async function asked(address, form) {
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer[form]();
  }

  // A new page -----------------------------------------------------------------------------------------------------------

  async function renew() {
    const fresh = new DOMParser().parseFromString(await asked(location.pathname, "text"), "text/html");
    const number = Number(/const LIVE_PAGE = (\d+);/.exec(fresh.querySelector("script:not([type])")?.textContent || "")?.[1] || 0);
    const current = sectionsOf(document);
    const next = sectionsOf(fresh);
    if (next.size && !current.size) location.reload(); // the page has a script of its own
    const state = kept();
    if (next.size) await exchange(current, next, fresh);
    else main.replaceChildren(strip, ...[...fresh.getElementById("main").childNodes].map((node) => document.importNode(node, true)));
    restore(state);
    shown = Math.max(number, shown);
  }

  async function exchange(current, next, fresh) {
    const renewed = window.strop.renewing();
    const parts = [];
    let before = strip;
    for (const [id, section] of next) {
      const html = section.outerHTML;
      const old = current.get(id);
      let made = old;
      if (old && TABLES.includes(id)) {
        exchangeFigures(old, section); // the rows come with the block: search and filters stay
        const count = old.querySelector(".count");
        if (count) say(count, section.querySelector(".count")?.textContent || ""); // where the table was not read yet
      } else if (!old || shownParts.get(id) !== html) {
        made = document.importNode(section, true);
        if (old) old.replaceWith(made);
        else before.after(made);
        parts.push(id);
      }
      before = made;
      shownParts.set(id, html);
    }
    for (const [id, section] of current) if (!next.has(id)) section.remove();
    const [items, menu] = [document, fresh].map((page) => page.querySelector("nav.sections"));
    if (menu.textContent !== items.textContent) {
      items.replaceWith(document.importNode(menu, true));
      parts.push("sections");
    }
    await renewed(parts, fresh.getElementById("block")?.textContent || "");
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
    const focused = document.activeElement;
    return { open, focus: focused?.id || "", link: focused?.getAttribute("href") || "", top: window.scrollY };
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
    if (document.activeElement === document.body) {
      const link = [...document.querySelectorAll("main a")].find((each) => each.getAttribute("href") === state.link);
      (document.getElementById(state.focus) ?? link)?.focus({ preventScroll: true });
    }
    window.scrollTo({ top: state.top, behavior: "instant" });
  }

  // The state ------------------------------------------------------------------------------------------------------------

  // A hidden page of a run that has ended asks for nothing, so that strop view can end; it asks again when it is seen.
  async function look() {
    if (looking || (document.hidden && status !== "running")) return;
    looking = true;
    try {
      const state = await asked("state", "json");
      if (state.status) {
        status = state.status;
        say(sentence, state.sentence);
        document.title = `${WORDS[status] || status}: ${title}`;
      }
      if (state.page > shown && !document.hidden) await renew();
      say(connection, "Live: this page updates itself.");
    } catch (error) {
      say(connection, `strop view has ended or cannot be reached (${error.message}). This page does not update.`);
    } finally {
      looking = false;
    }
  }

  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000);
  look();
})(LIVE_PAGE);
