// Saves a form and stays on it with Ctrl+S, or Cmd+S.
function saveByKey(mark) {
  document.addEventListener("keydown", (event) => {
    const pressed = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    // What an input method composes is no command.
    if (!pressed || event.key?.toLowerCase() !== "s" || event.isComposing || event.keyCode === 229) return;
    const button =
      mark.form.querySelector("[type=submit][name=_continue]") ?? mark.form.querySelector("[type=submit][name=_save]");
    if (!button) return;
    event.preventDefault();
    if (!event.repeat && !document.querySelector("dialog[open]")) button.click();
  });
}

document.querySelectorAll("[data-save-key]").forEach(saveByKey);
