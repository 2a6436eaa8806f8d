// The list changes in place while its filters do. Without this script, and without htmx, its form is sent as a whole.
const form = document.querySelector("[data-finder]");

// The address names what is asked, and nothing else.
form.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of [...detail.formData.entries()]) {
    if (!value.trim()) detail.formData.delete(name);
  }
});

// What is shown already is not asked for again, nor does it become a step of the history: leaving a field says that it
// has changed, though the list has followed while one typed.
form.addEventListener("htmx:beforeRequest", (event) => {
  const { pathInfo } = event.detail;
  if (pathInfo.finalRequestPath === location.pathname + location.search) event.preventDefault();
});

// The fields in which one types are left alone; what is said about them is new.
form.addEventListener("htmx:afterRequest", () => {
  for (const input of form.querySelectorAll("input[aria-describedby]")) {
    const said = document.getElementById(input.getAttribute("aria-describedby"));
    if (said.textContent.trim()) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
});
