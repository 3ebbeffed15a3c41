import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { ring } from './draw.js';
import { stationMap } from './stationmap.js';

const colours = { congestion: '#d9822b', ulez: '#2f9e5f', lez: '#3b7dd8' };
const colour = id => colours[id] ?? '#888888';
const outlines = zones => ({ type: 'FeatureCollection', features: zones.map(z => ({ type: 'Feature', properties: { colour: colour(z.id), dashed: z.id === 'lez' }, geometry: { type: 'Polygon', coordinates: z.outline } })) });

// Outlines and stations on the bundled map; one outline at a time can be drawn.
export function create(element, zones, stations, component, locale) {
  const bounds = new maplibre.LngLatBounds();
  zones.forEach(z => z.outline.forEach(part => part.forEach(point => bounds.extend(point))));
  stations.forEach(s => bounds.extend([s.longitude, s.latitude]));
  const { map, ready, showStations } = stationMap(element, stations, locale, {
    bounds: bounds.isEmpty() ? undefined : bounds,
    fitBoundsOptions: { padding: 24 },
    sources: { zones: { type: 'geojson', data: outlines(zones) } },
    layers: [
      { id: 'inside', type: 'fill', source: 'zones', paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': 0.12 } },
      { id: 'outline', type: 'line', source: 'zones', filter: ['!', ['get', 'dashed']], paint: { 'line-color': ['get', 'colour'], 'line-width': 2 } },
      { id: 'dashed', type: 'line', source: 'zones', filter: ['get', 'dashed'], paint: { 'line-color': ['get', 'colour'], 'line-width': 2, 'line-dasharray': [2, 2] } },
    ],
  });
  let shown = zones;
  // What is asked for is done in turn: the drawing tools come when somebody first draws.
  let turn = ready;
  let drawing;
  const next = work => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };
  const stop = () => {
    drawing?.stop();
    drawing = undefined;
    element.classList.remove('drawing');
    map.getSource('zones').setData(outlines(shown));
  };

  return {
    // A map in a window that nobody sees is not made yet, so nobody waits for these two.
    show(nextZones, nextStations) {
      next(() => {
        shown = nextZones;
        if (drawing === undefined) {
          map.getSource('zones').setData(outlines(nextZones));
        }
        showStations(nextStations);
      });
    },
    stop() { next(stop); },
    // The outer ring of a zone; the others stay where they are.
    edit: (id, outer) => next(async () => {
      stop();
      drawing = await ring(map, colour(id), changed => component.invokeMethodAsync('Drawn', changed));
      map.getSource('zones').setData(outlines(shown.filter(z => z.id !== id)));
      element.classList.add('drawing');
      const around = new maplibre.LngLatBounds();
      outer.forEach(point => around.extend(point));
      map.fitBounds(around, { padding: 40, duration: 0 });
      return drawing.show(outer);
    }),
    anew: () => next(() => {
      drawing?.anew();
      return drawing !== undefined;
    }),
    ring: outer => next(() => drawing?.show(outer) ?? true),
    remove() {
      drawing?.stop();
      map.remove();
    },
  };
}
