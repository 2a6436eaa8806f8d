// Tells whoever was logged out of what keep.js has put on this computer for them. Without that nothing is said of it.
document.querySelectorAll("[data-kept-for]").forEach((note) => {
  try {
    note.hidden = !Object.keys(localStorage).some((key) => key.startsWith(`keep ${note.dataset.keptFor} `));
  } catch {
    // A store that is forbidden has nothing.
  }
});
