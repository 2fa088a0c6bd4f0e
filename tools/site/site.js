// What scrolls sideways can be scrolled by keys too.
function reach() {
  for (const place of document.querySelectorAll("pre, .formula, .table-wrapper, .lab")) {
    if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  }
}

addEventListener("load", reach);
addEventListener("resize", reach);
