// A map on the page of a record with a position. Nothing is asked of the server of the tiles before somebody says so.

for (const place of document.querySelectorAll("[data-map]")) {
  const { latitude, longitude, tiles, credit, leaflet, integrity, name, zoomIn, zoomOut } = place.dataset;
  const button = place.querySelector("button");

  const draw = () => {
    const canvas = document.createElement("div");
    canvas.className = "map-canvas";
    canvas.setAttribute("role", "group");
    canvas.setAttribute("aria-label", name);
    place.replaceChildren(canvas);
    const position = [Number(latitude), Number(longitude)];
    const map = window.L.map(canvas, {
      scrollWheelZoom: false,
      zoomAnimation: false,
      fadeAnimation: false,
      zoomControl: false,
    });
    window.L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map);
    map.setView(position, 15);
    map.attributionControl.setPrefix(false);
    window.L.tileLayer(tiles, { attribution: credit, maxZoom: 19 }).addTo(map);
    const marker = window.L.circleMarker(position, { radius: 12, className: "map-marker" });
    marker.bindTooltip(document.createTextNode(name)).addTo(map); // A string would be read as HTML.
    canvas.focus();
  };

  button.addEventListener("click", () => {
    button.disabled = true;
    const script = document.createElement("script");
    script.src = leaflet;
    script.integrity = integrity;
    script.addEventListener("load", draw);
    script.addEventListener("error", () => {
      button.disabled = false;
    });
    document.head.append(script);
  });
  place.hidden = false;
}
