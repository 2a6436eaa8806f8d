// Offers what was kept of a form and the page does not know of yet, and throws it away without leaving the page.
function offerKept(list) {
  const form = list.closest("form");
  const model = list.parentElement.querySelector("template[data-kept-offer-to-come]");

  form.addEventListener("answers:kept", ({ detail }) => {
    const offer = model.content.cloneNode(true);
    const address = new URL(location.href);
    address.searchParams.set("restore", detail.opening);
    offer.querySelector("[data-kept-restore]").href = address.href;
    offer.querySelector("button").value = detail.opening;
    Object.assign(offer.querySelector("time"), { dateTime: detail.kept_at, textContent: detail.kept });
    list.replaceChildren(offer);
  });

  list.addEventListener("click", async (event) => {
    const button = event.target.closest("button[form]");
    if (!button) return;
    event.preventDefault();
    const body = new FormData(button.form);
    body.set(button.name, button.value);
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const response = await fetch(button.form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body,
      redirect: "manual",
    }).catch(() => null);
    if (!response?.ok) return button.form.requestSubmit(button);
    list.replaceChildren();
    list.focus();
  });
}

document.querySelectorAll("[data-kept-offers]").forEach(offerKept);
