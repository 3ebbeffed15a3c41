import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { ground } from './ground.js';

// Stops in order, joined by straight lines: the way between cameras is not known.
export function create(element, stops, locale) {
  const { light, sources, layers } = ground();
  const bounds = new maplibre.LngLatBounds();
  stops.forEach(s => bounds.extend([s.longitude, s.latitude]));
  const line = { type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: stops.map(s => [s.longitude, s.latitude]) } };
  const points = { type: 'FeatureCollection', features: stops.map((s, i) => ({
    type: 'Feature', properties: { last: i === stops.length - 1 }, geometry: { type: 'Point', coordinates: [s.longitude, s.latitude] },
  })) };
  const map = new maplibre.Map({
    container: element,
    bounds,
    fitBoundsOptions: { padding: 40, maxZoom: 13 },
    attributionControl: { compact: true },
    locale,
    interactive: true,
    style: {
      version: 8,
      sources: { ...sources, line: { type: 'geojson', data: line }, points: { type: 'geojson', data: points } },
      layers: [
        ...layers,
        { id: 'line', type: 'line', source: 'line', paint: { 'line-color': light ? '#0b5c8f' : '#59b7ef', 'line-width': 3 } },
        { id: 'points', type: 'circle', source: 'points', paint: { 'circle-radius': ['case', ['get', 'last'], 9, 6], 'circle-color': ['case', ['get', 'last'], '#f0b429', '#4cc38a'], 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } },
      ],
    },
  });
  return { remove() { map.remove(); } };
}
