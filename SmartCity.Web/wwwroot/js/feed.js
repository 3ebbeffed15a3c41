// Holds a list still while somebody points at it, works in it by keyboard or has scrolled away from its top.
export function watch(list, feed) {
  let [pointed, focused, scrolled, held] = [false, false, false, false];
  const tell = () => {
    const now = pointed || focused || scrolled;
    if (now === held) return;
    held = now;
    feed.invokeMethodAsync('Hold', held);
  };
  const on = {
    pointerenter: event => { pointed = event.pointerType === 'mouse'; tell(); },
    pointerleave: () => { pointed = false; tell(); },
    focusin: event => { focused = event.target.matches(':focus-visible'); tell(); },
    focusout: event => { focused = list.contains(event.relatedTarget) && focused; tell(); },
    scroll: () => { scrolled = list.scrollTop > 8; tell(); },
  };
  for (const [name, listener] of Object.entries(on)) list.addEventListener(name, listener, { passive: true });
  return { stop() { for (const [name, listener] of Object.entries(on)) list.removeEventListener(name, listener); } };
}
