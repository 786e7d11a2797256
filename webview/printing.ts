import { useEffect, useState } from "preact/hooks";

const paper = window.matchMedia("print");

/** Whether the page is being put on paper, where nothing can be scrolled or pressed. */
export function usePrinting(): boolean {
  const [printing, setPrinting] = useState(paper.matches);
  useEffect(() => {
    const change = ({ matches }: MediaQueryListEvent) => { setPrinting(matches); };
    const begin = () => { setPrinting(true); };
    const end = () => { setPrinting(false); };
    paper.addEventListener("change", change);
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    return () => {
      paper.removeEventListener("change", change);
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
    };
  }, []);
  return printing;
}
