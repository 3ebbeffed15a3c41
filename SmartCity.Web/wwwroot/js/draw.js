// Terra Draw on a map of this console. It is a script of the older kind, fetched when somebody first draws.
let loaded;

const script = address => new Promise((resolve, reject) => {
  const element = Object.assign(document.createElement('script'), { src: address });
  element.onload = resolve;
  element.onerror = () => reject(new Error(`${address} could not be loaded.`));
  document.head.append(element);
});

async function library() {
  loaded ??= script('lib/terra-draw/terra-draw.umd.js').then(() => script('lib/terra-draw/terra-draw-maplibre-gl-adapter.umd.js'));
  try {
    await loaded;
  } catch (error) {
    // The next one who draws tries again.
    loaded = undefined;
    throw error;
  }
}

// About a metre, which is as much as anybody can point at.
const decimals = 5;
const rounded = ring => ring.map(point => point.map(number => Number(number.toFixed(decimals))));

// Lets somebody change one ring, or draw another in its place. `changed` gets the ring, closed, whenever a corner has been put somewhere.
export async function ring(map, colour, changed) {
  await library();
  const { TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode, ValidateNotSelfIntersecting } = globalThis.terraDraw;
  const { TerraDrawMapLibreGLAdapter } = globalThis.terraDrawMaplibreGlAdapter;
  const corners = { midpoints: true, draggable: true, deletable: true };
  const line = { fillColor: colour, fillOpacity: 0.2, outlineColor: colour, outlineWidth: 3 };
  const select = {
    selectedPolygonColor: colour, selectedPolygonFillOpacity: 0.2, selectedPolygonOutlineColor: colour, selectedPolygonOutlineWidth: 3,
    selectionPointColor: '#ffffff', selectionPointOutlineColor: colour, selectionPointOutlineWidth: 2, selectionPointWidth: 5, midPointColor: colour, midPointWidth: 3, midPointOutlineColor: '#ffffff', midPointOutlineWidth: 1,
  };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
    modes: [
      new TerraDrawSelectMode({ flags: { polygon: { feature: { validation: feature => ValidateNotSelfIntersecting(feature), coordinates: corners } } }, keyEvents: { deselect: null, delete: null, rotate: null, scale: null }, styles: select }),
      new TerraDrawPolygonMode({ validation: (feature, { updateType }) => updateType === 'finish' || updateType === 'commit' ? ValidateNotSelfIntersecting(feature) : { valid: true }, styles: line }),
    ],
  });
  draw.start();
  let drawn;

  const tell = () => changed(rounded(draw.getSnapshotFeature(drawn).geometry.coordinates[0]));
  const take = id => {
    drawn = id;
    draw.setMode('select');
    draw.selectFeature(id);
  };
  draw.on('finish', (id, { action }) => {
    if (action === 'draw') {
      take(id);
    }
    tell();
  });
  // A click on the ground must not leave the ring without its corners.
  draw.on('deselect', id => {
    if (id === drawn) {
      setTimeout(() => { if (draw.enabled && draw.getMode() === 'select' && draw.hasFeature(drawn)) { draw.selectFeature(drawn); } });
    }
  });

  return {
    show(points) {
      draw.clear();
      const [added] = draw.addFeatures([{ type: 'Feature', properties: { mode: 'polygon' }, geometry: { type: 'Polygon', coordinates: [rounded(points)] } }]);
      if (added.valid) {
        take(added.id);
      }
      return added.valid;
    },
    anew() {
      drawn = undefined;
      draw.clear();
      draw.setMode('polygon');
    },
    stop() { draw.stop(); },
  };
}
