// Puts the box over the picture whenever one has come: its size is known then.
export function place(frame, box) {
  const picture = frame?.querySelector('img');
  if (!picture) return; // The page was left meanwhile.
  const mark = frame.querySelector('.box');
  const put = () => {
    if (mark && box.length === 4 && picture.naturalWidth > 0) {
      const [x, y, width, height] = box;
      const share = (part, whole) => `${Math.max(0, Math.min(100, 100 * part / whole))}%`;
      Object.assign(mark.style, { left: share(x, picture.naturalWidth), top: share(y, picture.naturalHeight), width: share(width, picture.naturalWidth), height: share(height, picture.naturalHeight) });
      mark.hidden = false;
    }
  };
  picture.onload = put;
  if (picture.complete) put();
}
