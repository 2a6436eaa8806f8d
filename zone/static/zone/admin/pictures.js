// Shows a picture as soon as it is chosen, and lets a click on it set the focal point, which the sliders show too.
function focusPicture(box) {
  const preview = box.querySelector("[data-picture-preview]");
  const file = box.querySelector("input[type=file]");
  const sliders = [0, 1].map((axis) => document.getElementById(`id_${box.dataset.picture}_${axis}`));
  if (!preview || !file || sliders.includes(null)) return;
  const point = Object.assign(document.createElement("span"), { className: "picture-point" });
  point.setAttribute("aria-hidden", "true");

  function showPoint() {
    const [left, top] = sliders.map((slider) => `${slider.value}%`);
    Object.assign(point.style, { left, top });
    if (preview.firstElementChild) preview.append(point);
  }

  function setPoint(...percentages) {
    sliders.forEach((slider, axis) => {
      slider.value = Math.round(percentages[axis]);
      // The form counts as changed, as if somebody had moved the slider.
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  async function showChosen() {
    const [chosen] = file.files;
    if (!chosen) return;
    // Drawn and not named by an address: the page may load pictures from its own site only.
    const picture = await createImageBitmap(chosen).catch(() => null);
    preview.replaceChildren();
    if (picture) {
      const canvas = document.createElement("canvas");
      const scale = Math.min(1, 800 / picture.width, 800 / picture.height);
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      preview.append(canvas);
    }
    setPoint(50, 50);
  }

  preview.addEventListener("click", ({ target, offsetX, offsetY }) => {
    if (target !== preview.firstElementChild) return;
    setPoint((100 * offsetX) / target.clientWidth, (100 * offsetY) / target.clientHeight);
  });
  file.addEventListener("change", showChosen);
  for (const slider of sliders) slider.addEventListener("input", showPoint);
  showPoint();
}

document.querySelectorAll("[data-picture]").forEach(focusPicture);
