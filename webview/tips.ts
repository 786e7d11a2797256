/** Room between a tip and what it explains, and to the edges of the page, in pixels. */
const gap = 6;
const id = "tip";

/**
 * Shows the `data-tip` of an element in a bubble while the pointer is over it or the keyboard is on it; Escape hides it.
 * One bubble serves the page and is moved, so that it is never cut off by what scrolls.
 */
export function startTips(page: Document): void {
  const bubble = page.createElement("div");
  bubble.id = id;
  bubble.role = "tooltip";
  bubble.hidden = true;
  page.body.append(bubble);
  const hide = () => { bubble.hidden = true; };
  const show = ({ target }: Event) => {
    const owner = target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
    if (owner === null) {
      hide();
      return;
    }
    bubble.textContent = owner.dataset["tip"] ?? "";
    bubble.hidden = false;
    place(bubble, owner.getBoundingClientRect());
  };
  for (const type of ["pointerover", "focusin"]) page.addEventListener(type, show);
  for (const type of ["pointerdown", "focusout", "scroll"]) page.addEventListener(type, hide, true);
  page.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") hide();
  });
}

function place(bubble: HTMLElement, owner: DOMRect): void {
  const { clientWidth, clientHeight } = document.documentElement;
  const { width, height } = bubble.getBoundingClientRect();
  const below = owner.bottom + gap + height <= clientHeight;
  bubble.style.left = `${Math.max(gap, Math.min(owner.left, clientWidth - width - gap))}px`;
  bubble.style.top = `${below ? owner.bottom + gap : Math.max(gap, owner.top - gap - height)}px`;
}
