// What is chosen for a comparison stays so while the list is filtered, sorted and paged, and is counted. It stands in
// the address, after the #, which no server is told and no browser stores. Without this script the form has what is
// ticked on the page.
const most = Number(document.getElementById("comparison").dataset.most);
const asked = new URLSearchParams(location.hash.slice(1)).getAll("facility");
const chosen = new Set(asked.slice(0, most));
const hash = () => new URLSearchParams([...chosen].map((slug) => ["facility", slug])).toString();

const show = () => {
  const count = document.querySelector("#comparison output");
  count.hidden = chosen.size === 0;
  count.lastElementChild.textContent = chosen.size;
  for (const box of document.querySelectorAll("[form='comparison']")) {
    box.checked = chosen.has(box.value);
    box.disabled = !box.checked && chosen.size >= most;
  }
};

const keep = () => {
  const place = location.pathname + location.search;
  history.replaceState(history.state, "", chosen.size === 0 ? place : `${place}#${hash()}`);
  show();
};

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[form='comparison']")) return;
  if (target.checked) chosen.add(target.value);
  else chosen.delete(target.value);
  keep();
});

document.addEventListener("reset", ({ target }) => {
  if (target.id !== "comparison") return;
  chosen.clear();
  keep();
});

// The form has what is not on this page too.
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.id !== "comparison") return;
  formData.delete("facility");
  for (const slug of chosen) formData.append("facility", slug);
});

document.addEventListener("click", ({ target }) => {
  const link = target.closest(".pagination a, .chosen a, .empty a, .actions a, #languages a");
  if (link) link.hash = hash();
});

// A link within the page, such as the one that skips its header, leads there, and its name gives way to what is chosen.
addEventListener("hashchange", () => {
  if (location.hash.slice(1) !== hash()) keep();
});

document.addEventListener("htmx:afterSettle", keep);
show();
