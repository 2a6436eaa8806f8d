// A search box with suggestions, after the combobox pattern of the ARIA Authoring Practices: the arrow keys go through
// them, Enter opens the chosen one, Escape closes the list. Without suggestions the form works as any other.

for (const box of document.querySelectorAll("[data-combobox]")) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role='listbox']");
  const status = box.querySelector("[role='status']");
  let chosen = -1;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const options = () => [...list.querySelectorAll("[role='option']")];

  const open = (option) => window.location.assign(option.dataset.address);

  const choose = (number) => {
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === number)));
    chosen = number;
    const option = options()[number];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };

  const show = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    choose(-1);
  };

  list.addEventListener("htmx:afterSwap", () => {
    const found = options().length > 0 && document.activeElement === input && input.value.trim() !== "";
    show(found);
    status.textContent = found ? status.dataset.some : status.dataset.none;
  });

  input.addEventListener("keydown", (event) => {
    // The keys by which a Chinese input method offers its own choices are not ours.
    if (event.isComposing) return;
    const last = options().length - 1;
    if (event.key === "Escape" && !list.hidden) {
      show(false);
    } else if (event.key === "ArrowDown" && last >= 0) {
      if (list.hidden) show(true);
      choose(chosen === last ? -1 : chosen + 1);
    } else if (event.key === "ArrowUp" && last >= 0) {
      if (list.hidden) show(true);
      choose(chosen === -1 ? last : chosen - 1);
    } else if (event.key === "Enter" && !list.hidden && chosen >= 0) {
      open(options()[chosen]);
    } else {
      return;
    }
    event.preventDefault();
  });

  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role='option']");
    if (option) open(option);
  });

  input.addEventListener("blur", () => {
    // A click on a suggestion takes the focus away before it counts.
    window.setTimeout(() => show(false), 150);
  });
}
