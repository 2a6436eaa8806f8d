// Gives each rich text box the label and the language of the field that it stands for, and what leads there.
document.addEventListener("prose-editor:ready", ({ target }) => {
  const box = target.closest(".prose-editor")?.querySelector("[contenteditable]");
  const label = document.querySelector(`label[for="${target.id}"]`);
  if (!box || !label) return;
  label.id ||= `${target.id}_label`;
  box.setAttribute("aria-labelledby", label.id);
  box.setAttribute("aria-multiline", "true");
  box.lang = target.lang;
  box.spellcheck = target.lang === "en";
  for (const way of [label, ...document.querySelectorAll(`a[href="#${target.id}"]`)]) {
    way.addEventListener("click", (event) => {
      event.preventDefault();
      box.focus();
    });
  }
});
