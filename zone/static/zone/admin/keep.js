// Keeps what is typed into a form: at once on this computer, soon on the server, until the form is saved.
// On this computer stays only what the server does not know yet.
function keepForm(mark) {
  const form = mark.form;
  const { keep: address, object, user, csrfCookie } = mark.dataset;
  const state = document.querySelector("[data-keep-state]");
  const others = document.querySelector("[data-keep-others]");
  const shelf = `keep ${user} ${address} ${object || "new"} `;
  const place = shelf + mark.value;
  const month = 30 * 24 * 60 * 60 * 1000;
  let unsent = null; // The answers that the server does not know, [] if they are those of the record again.
  let answers = []; // The answers that are not saved.
  let waitingSince = 0;
  let sending = false;
  let submitting = false;
  let done = false;
  let timer;

  function say(name, time) {
    const text = name ? state.dataset[name].replace("{time}", time) : "";
    if (state.textContent !== text) state.textContent = text;
  }

  function tell(texts) {
    if ([...others.children].map((line) => line.textContent).join("\n") === texts.join("\n")) return;
    others.replaceChildren(
      ...texts.map((text) => Object.assign(document.createElement("p"), { textContent: text })),
    );
  }

  // A full or forbidden store must not keep anybody from writing.
  function onShelf(action) {
    try {
      return action(localStorage);
    } catch {
      return undefined;
    }
  }

  function putOnShelf(data) {
    onShelf((store) =>
      data.length ? store.setItem(place, JSON.stringify({ at: Date.now(), data })) : store.removeItem(place),
    );
  }

  function token() {
    const cookie = document.cookie.split("; ").find((part) => part.startsWith(`${csrfCookie}=`));
    return cookie ? cookie.slice(csrfCookie.length + 1) : form.elements.csrfmiddlewaretoken.value;
  }

  // Returns what the server answers, or the name of what hinders.
  async function send(opening, data) {
    const sent = token();
    const body = JSON.stringify({ opening, object_id: object ? Number(object) : null, data });
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": sent },
        body,
        redirect: "manual",
        // It may outlive the page; browsers let only short requests do that.
        keepalive: body.length < 20000,
      });
      if (response.type === "opaqueredirect" || response.status === 403) return "loggedOut";
      if (!response.ok) return response.status < 500 ? "refused" : "offline";
      // Whoever has logged in again in another tab can save this form too.
      form.elements.csrfmiddlewaretoken.value = sent;
      return await response.json();
    } catch {
      return "offline";
    }
  }

  function sendSoon() {
    if (done) return;
    waitingSince ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(sendNow, Math.max(0, Math.min(2000, waitingSince + 10000 - Date.now())));
  }

  async function sendNow() {
    clearTimeout(timer);
    if (sending || done) return;
    sending = true;
    waitingSince = 0;
    const data = unsent;
    unsent = null;
    const answer = await send(mark.value, data);
    sending = false;
    if (typeof answer === "string") {
      unsent ??= data;
      if (answers.length) say(answer);
      return;
    }
    tell(answer.others);
    if (answer.saved) {
      done = true;
      if (submitting) onShelf((store) => store.removeItem(place));
      else if (answers.length) say("saved");
      return;
    }
    if (answers.length && !answer.kept_at) unsent ??= answers; // Thrown away in another window.
    if (unsent) return sendSoon();
    onShelf((store) => store.removeItem(place));
    say(answer.kept && "kept", answer.kept);
  }

  // What this computer knows of the same form, opened before.
  async function bringBack(key, data) {
    const opening = key.slice(shelf.length);
    const answer = await send(opening, data);
    if (typeof answer === "string") return;
    localStorage.removeItem(key);
    if (!answer.saved) form.dispatchEvent(new CustomEvent("answers:kept", { detail: { opening, ...answer } }));
  }

  async function tidyShelf() {
    const copies = Object.keys(localStorage)
      .filter((key) => key.startsWith("keep "))
      .map((key) => ({ key, ...onShelf((store) => JSON.parse(store.getItem(key))) }));
    for (const { key, at, data } of copies.sort((one, other) => one.at - other.at)) {
      if (!(at > Date.now() - month)) localStorage.removeItem(key);
      else if (key.startsWith(shelf) && key !== place) await bringBack(key, data);
    }
  }

  form.addEventListener("answers:changed", ({ detail }) => {
    if (!detail.length && !answers.length) return;
    answers = unsent = detail;
    submitting = false;
    putOnShelf(answers);
    sendSoon();
  });
  window.addEventListener("submit", (event) => {
    const target = event.submitter?.formTarget || form.target;
    if (event.target !== form || event.defaultPrevented || !["", "_self"].includes(target)) return;
    submitting = true;
    putOnShelf(answers);
  });
  window.addEventListener("pagehide", () => {
    if (unsent && !submitting) sendNow();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden || (unsent && !submitting)) sendNow();
  });
  window.addEventListener("online", sendNow);
  setInterval(() => {
    if (!document.hidden) sendNow();
  }, 30000);

  // Nothing older is restored than what this computer knows.
  let tidy = false;
  const tidied = tidyShelf()
    .catch(() => {})
    .then(() => (tidy = true));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-kept-restore]");
    if (!link || tidy) return;
    event.preventDefault();
    tidied.then(() => location.assign(link.href));
  });
}

document.querySelectorAll("[data-keep]").forEach(keepForm);
