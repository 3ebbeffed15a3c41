// Puts the box over the picture once its size is known; false when there is no picture.
export async function place(frame, box) {
  const picture = frame.querySelector('img');
  const mark = frame.querySelector('.box');
  try {
    await picture.decode();
  } catch {
    return false;
  }
  if (mark && box.length === 4 && picture.naturalWidth > 0) {
    const [x, y, width, height] = box;
    const share = (part, whole) => `${Math.max(0, Math.min(100, 100 * part / whole))}%`;
    Object.assign(mark.style, { left: share(x, picture.naturalWidth), top: share(y, picture.naturalHeight), width: share(width, picture.naturalWidth), height: share(height, picture.naturalHeight) });
    mark.hidden = false;
  }
  return true;
}
