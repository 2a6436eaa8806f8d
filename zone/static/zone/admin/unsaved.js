// Notices what a form holds that is not saved, says so on the form, and warns whoever leaves the page with it.
function watchForm(mark) {
  const form = mark.form;
  const left = new Set(["csrfmiddlewaretoken", mark.name]);
  let seen = "";
  let leaving = false;
  let timer;

  function answersOf(some) {
    for (const secret of some.querySelectorAll("input[type=password]")) left.add(secret.name);
    return [...new FormData(some)].filter(
      ([name, value]) => typeof value === "string" && !left.has(name) && !name.includes("__prefix__"),
    );
  }

  // What the server sent, whatever the browser itself has filled in since.
  function opened() {
    const copy = form.cloneNode(true);
    copy.reset();
    return JSON.stringify(answersOf(copy));
  }

  function look() {
    clearTimeout(timer);
    const answers = answersOf(form);
    const now = JSON.stringify(answers);
    const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    const changed = now !== start;
    form.toggleAttribute("data-changed", changed || files);
    if (now === seen) return;
    seen = now;
    form.dispatchEvent(new CustomEvent("answers:changed", { detail: changed ? answers : [] }));
  }

  function lookSoon() {
    clearTimeout(timer);
    timer = setTimeout(look, 300);
  }

  const start = mark.dataset.unsaved === "yes" ? null : opened();
  seen = start ?? "";
  // jQuery hears what select2 and the windows of related records say, and what the browser says.
  window.django.jQuery(form).on("input change", () => {
    leaving = false;
    lookSoon();
  });
  // Calendars, clocks and the buttons of rows say nothing.
  for (const event of ["click", "focusin", "formset:added", "formset:removed"]) {
    document.addEventListener(event, lookSoon);
  }
  window.addEventListener("pagehide", look);
  window.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    look();
    const target = event.submitter?.formTarget || form.target;
    if (!event.defaultPrevented && ["", "_self"].includes(target)) leaving = true;
  });
  window.addEventListener("beforeunload", (event) => {
    look();
    if (form.hasAttribute("data-changed") && !leaving) event.preventDefault();
  });
  look();
}

document.querySelectorAll("[data-unsaved]").forEach(watchForm);
