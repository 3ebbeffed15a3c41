import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { ground } from './ground.js';

const features = stations => ({ type: 'FeatureCollection', features: stations.map(s => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [s.longitude, s.latitude] } })) });

// The bundled map with the stations as points on top, to edit something on. Of `under`, sources and layers lie below the stations; the rest is the map's own.
export function stationMap(element, stations, locale, { sources = {}, layers = [], ...under }) {
  const base = ground();
  const map = new maplibre.Map({
    container: element,
    ...under,
    attributionControl: { compact: true },
    locale,
    dragRotate: false,
    style: {
      version: 8,
      sources: { ...base.sources, ...sources, stations: { type: 'geojson', data: features(stations) } },
      layers: [
        ...base.layers,
        ...layers,
        { id: 'stations', type: 'circle', source: 'stations', paint: { 'circle-radius': 5, 'circle-color': base.light ? '#0b5c8f' : '#59b7ef', 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } },
      ],
    },
  });
  const ready = new Promise(resolve => map.once('load', resolve));
  ready.then(() => element.querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show'));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  return { map, ready, showStations: next => map.getSource('stations').setData(features(next)) };
}
