// Tells whoever was logged out of what keep.js has put on this computer for them. Without that nothing is said of it.
// Whoever has logged out themselves can delete it: nothing is deleted unasked, for it may be all that is left of a text.
function tellOfKept(note) {
  const forget = note.querySelector("[data-forget]");

  function kept() {
    return Object.keys(localStorage).filter((key) => key.startsWith(`keep ${note.dataset.keptFor} `));
  }

  try {
    note.hidden = !kept().length;
  } catch {
    // A store that is forbidden has nothing.
  }
  forget?.addEventListener("click", () => {
    for (const key of kept()) localStorage.removeItem(key);
    note.textContent = forget.dataset.forget;
    note.focus();
  });
}

document.querySelectorAll("[data-kept-for]").forEach(tellOfKept);
