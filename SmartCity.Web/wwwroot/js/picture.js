// A picture that is enlarged and moved: wheel and drag over it, and keys while another element has the focus. Its frame names the plate's box in
// pixels of the picture (data-box), around which it is enlarged and which is marked.
const most = 12;

export function attach(frame, selector) {
  const keys = document.querySelector(selector);
  const [stage, picture, mark] = ['.stage', 'img', '.mark'].map(name => frame.querySelector(name));
  let [scale, x, y] = [1, 0, 0];
  let held = null;

  // Where the picture lies in its frame, and the box on it.
  const place = () => {
    const fit = Math.min(frame.clientWidth / picture.naturalWidth, frame.clientHeight / picture.naturalHeight) || 1;
    return { fit, left: (frame.clientWidth - picture.naturalWidth * fit) / 2, top: (frame.clientHeight - picture.naturalHeight * fit) / 2 };
  };
  const box = () => {
    const [bx, by, bw, bh] = (frame.dataset.box ?? '').split(',').map(Number);
    const { fit, left, top } = place();
    return bw > 0 && bh > 0 ? { left: left + bx * fit, top: top + by * fit, width: bw * fit, height: bh * fit } : null;
  };
  const apply = () => {
    x = Math.min(0, Math.max(frame.clientWidth * (1 - scale), x));
    y = Math.min(0, Math.max(frame.clientHeight * (1 - scale), y));
    stage.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    const found = box();
    mark.hidden = !found || !picture.naturalWidth;
    if (found) Object.assign(mark.style, { left: `${found.left}px`, top: `${found.top}px`, width: `${found.width}px`, height: `${found.height}px`, borderWidth: `${2 / scale}px` });
  };
  const zoom = (by, atX, atY) => {
    const to = Math.min(most, Math.max(1, scale * by));
    [x, y, scale] = [atX - (atX - x) * to / scale, atY - (atY - y) * to / scale, to];
    apply();
  };
  const zoomByKey = by => {
    const found = box();
    if (by > 1 && scale === 1 && found) {
      scale = Math.min(most, Math.max(2, 0.4 * frame.clientWidth / found.width));
      x = frame.clientWidth / 2 - (found.left + found.width / 2) * scale;
      y = frame.clientHeight / 2 - (found.top + found.height / 2) * scale;
      apply();
    } else {
      zoom(by, frame.clientWidth / 2, frame.clientHeight / 2);
    }
  };
  const whole = () => { [scale, x, y] = [1, 0, 0]; apply(); };
  const move = (byX, byY) => { x += byX; y += byY; apply(); };

  const onKey = event => {
    const step = frame.clientWidth / 8;
    const action = {
      PageUp: () => zoomByKey(1.6),
      PageDown: () => zoomByKey(1 / 1.6),
      Escape: whole,
      ...(event.shiftKey && scale > 1 && {
        ArrowLeft: () => move(step, 0), ArrowRight: () => move(-step, 0), ArrowUp: () => move(0, step), ArrowDown: () => move(0, -step),
      }),
    }[event.key];
    if (action) {
      event.preventDefault();
      event.stopPropagation();
      action();
    } else if (['-', '.', 'ArrowUp', 'ArrowDown', 'Enter'].includes(event.key) || (event.ctrlKey && event.key === 'z')) {
      event.preventDefault(); // the page acts on it; the text stays as it is
    }
  };
  const onWheel = event => {
    event.preventDefault();
    const { left, top } = frame.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - left, event.clientY - top);
  };
  const onDown = event => { held = [event.clientX - x, event.clientY - y]; frame.setPointerCapture(event.pointerId); };
  const onMove = event => { if (held) { [x, y] = [event.clientX - held[0], event.clientY - held[1]]; apply(); } };
  const onUp = () => { held = null; };

  // In the capture phase, so that what is meant for the picture goes no further.
  keys.addEventListener('keydown', onKey, true);
  picture.addEventListener('load', whole);
  frame.addEventListener('wheel', onWheel, { passive: false });
  frame.addEventListener('pointerdown', onDown);
  frame.addEventListener('pointermove', onMove);
  frame.addEventListener('pointerup', onUp);
  const resized = new ResizeObserver(apply);
  resized.observe(frame);
  if (picture.complete) whole();
  return {
    zoom: zoomByKey,
    whole,
    stop() {
      resized.disconnect();
      keys.removeEventListener('keydown', onKey, true);
    },
  };
}
