import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { ground } from './ground.js';

const colours = { congestion: '#d9822b', ulez: '#2f9e5f', lez: '#3b7dd8' };
const feature = (geometry, properties) => ({ type: 'Feature', properties, geometry });
const collection = features => ({ type: 'FeatureCollection', features });
const outlines = zones => collection(zones.map(z => feature({ type: 'Polygon', coordinates: z.outline }, { colour: colours[z.id] ?? '#888888', dashed: z.id === 'lez' })));
const points = stations => collection(stations.map(s => feature({ type: 'Point', coordinates: [s.longitude, s.latitude] }, { name: s.name })));

// Outlines and stations on the bundled map.
export function create(element, zones, stations) {
  const base = ground();
  const bounds = new maplibre.LngLatBounds();
  zones.forEach(z => z.outline.forEach(ring => ring.forEach(point => bounds.extend(point))));
  stations.forEach(s => bounds.extend([s.longitude, s.latitude]));
  const map = new maplibre.Map({
    container: element,
    bounds: bounds.isEmpty() ? undefined : bounds,
    fitBoundsOptions: { padding: 24 },
    attributionControl: { compact: true },
    dragRotate: false,
    style: {
      version: 8,
      sources: { ...base.sources, zones: { type: 'geojson', data: outlines(zones) }, stations: { type: 'geojson', data: points(stations) } },
      layers: [
        ...base.layers,
        { id: 'inside', type: 'fill', source: 'zones', paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': 0.12 } },
        { id: 'outline', type: 'line', source: 'zones', filter: ['!', ['get', 'dashed']], paint: { 'line-color': ['get', 'colour'], 'line-width': 2 } },
        { id: 'dashed', type: 'line', source: 'zones', filter: ['get', 'dashed'], paint: { 'line-color': ['get', 'colour'], 'line-width': 2, 'line-dasharray': [2, 2] } },
        { id: 'stations', type: 'circle', source: 'stations', paint: { 'circle-radius': 5, 'circle-color': base.light ? '#0b5c8f' : '#59b7ef', 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } },
      ],
    },
  });
  map.once('load', () => element.querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show'));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  return {
    show(nextZones, nextStations) {
      map.getSource('zones')?.setData(outlines(nextZones));
      map.getSource('stations')?.setData(points(nextStations));
    },
    remove() { map.remove(); },
  };
}
