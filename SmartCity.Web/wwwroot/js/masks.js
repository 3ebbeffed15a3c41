// Tells where on the drawing was clicked, from 0 to 1.
export function draw(drawing, editor) {
  drawing.addEventListener('click', event => {
    const box = drawing.getBoundingClientRect();
    editor.invokeMethodAsync('AddPoint', (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
}
