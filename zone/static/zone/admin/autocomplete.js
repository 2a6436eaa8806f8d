// Names the boxes that stand for a relation: select2 leaves them without the label of their field.
function nameBox(select) {
  const label = document.querySelector(`label[for="${select.id}"]`);
  const box = select.nextElementSibling;
  if (!label || !box?.matches(".select2-container")) return;
  const name = label.textContent.trim().replace(/[:：]$/, "");
  for (const part of box.querySelectorAll(".select2-search__field, .select2-selection__rendered[role='textbox']")) {
    part.setAttribute("aria-label", name);
  }
  const value = box.querySelector(".select2-selection--single");
  if (value) {
    label.id ||= `${select.id}_label`;
    value.setAttribute("aria-labelledby", `${label.id} ${value.getAttribute("aria-labelledby")}`);
  }
}

// jQuery calls this after it has called Django's own autocomplete.js, which makes the boxes.
window.django?.jQuery?.(() => {
  document.querySelectorAll("select.admin-autocomplete").forEach(nameBox);
});

document.addEventListener("formset:added", ({ target }) => {
  setTimeout(() => target.querySelectorAll("select.admin-autocomplete").forEach(nameBox));
});
