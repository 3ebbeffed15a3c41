import * as maplibre from './lib/maplibre-gl/maplibre-gl.mjs';

// The Thames through London, simplified and drawn for this product (CC0).
const thames = [[-0.325, 51.412], [-0.306, 51.44], [-0.302, 51.468], [-0.285, 51.486], [-0.262, 51.471], [-0.246, 51.474], [-0.228, 51.487], [-0.21, 51.47], [-0.187, 51.464],
  [-0.176, 51.479], [-0.153, 51.485], [-0.135, 51.485], [-0.124, 51.494], [-0.122, 51.505], [-0.112, 51.51], [-0.095, 51.509], [-0.075, 51.506], [-0.056, 51.503], [-0.033, 51.508],
  [-0.028, 51.498], [-0.03, 51.487], [-0.012, 51.484], [0.0, 51.491], [-0.002, 51.505], [0.008, 51.506], [0.02, 51.495], [0.045, 51.495], [0.07, 51.503], [0.1, 51.509], [0.135, 51.503], [0.17, 51.482]];
// Outer edge of Greater London, simplified and drawn for this product (CC0).
const london = [[-0.51, 51.47], [-0.49, 51.55], [-0.49, 51.61], [-0.40, 51.61], [-0.31, 51.64], [-0.20, 51.67], [-0.10, 51.69], [-0.01, 51.68], [0.02, 51.62], [0.09, 51.61], [0.15, 51.62],
  [0.26, 51.61], [0.33, 51.55], [0.25, 51.52], [0.18, 51.48], [0.15, 51.42], [0.15, 51.36], [0.05, 51.29], [-0.06, 51.32], [-0.15, 51.31], [-0.24, 51.36], [-0.33, 51.33], [-0.32, 51.39], [-0.45, 51.43], [-0.51, 51.47]];
// Congestion Charge zone, simplified.
const centre = [[-0.153, 51.499], [-0.161, 51.513], [-0.157, 51.523], [-0.130, 51.527], [-0.106, 51.531], [-0.085, 51.526], [-0.074, 51.514], [-0.076, 51.501], [-0.099, 51.494], [-0.113, 51.487], [-0.128, 51.487], [-0.147, 51.497], [-0.153, 51.499]];

const shape = (type, coordinates) => ({ type: 'Feature', properties: {}, geometry: { type, coordinates } });

export function create(element) {
  const map = new maplibre.Map({
    container: element,
    center: [-0.12, 51.507],
    zoom: 10.4,
    attributionControl: { customAttribution: 'Outlines: SmartCity, simplified, CC0' },
    style: {
      version: 8,
      sources: {
        london: { type: 'geojson', data: shape('Polygon', [london]) },
        centre: { type: 'geojson', data: shape('Polygon', [centre]) },
        thames: { type: 'geojson', data: shape('LineString', thames) },
        stations: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      },
      layers: [
        { id: 'ground', type: 'background', paint: { 'background-color': '#0f1820' } },
        { id: 'london', type: 'fill', source: 'london', paint: { 'fill-color': '#17242f', 'fill-outline-color': '#3b5568' } },
        { id: 'centre', type: 'fill', source: 'centre', paint: { 'fill-color': '#c9a227', 'fill-opacity': 0.16 } },
        { id: 'centre-edge', type: 'line', source: 'centre', paint: { 'line-color': '#c9a227', 'line-width': 1.5, 'line-dasharray': [3, 2] } },
        { id: 'thames', type: 'line', source: 'thames', paint: { 'line-color': '#2f6d99', 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 3, 13, 14] } },
        { id: 'stations', type: 'circle', source: 'stations', paint: {
          'circle-radius': ['+', 6, ['*', 2.2, ['sqrt', ['get', 'flow']]]],
          'circle-color': ['case', ['>', ['get', 'flow'], 0], '#4cc38a', '#6b7c88'],
          'circle-opacity': 0.9, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } },
      ],
    },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  const popup = new maplibre.Popup({ closeButton: false, offset: 10 });
  map.on('mousemove', 'stations', event => {
    const { name, flow, zones } = event.features[0].properties;
    popup.setLngLat(event.lngLat).setText(`${name}: ${flow} a minute (${JSON.parse(zones).join(', ')})`).addTo(map);
  });
  map.on('mouseleave', 'stations', () => popup.remove());
  const loaded = new Promise(resolve => map.once('load', resolve));
  return {
    async show(stations) {
      await loaded;
      map.getSource('stations').setData({ type: 'FeatureCollection', features: stations.map(s => ({
        type: 'Feature',
        properties: { name: s.name, flow: s.flow, zones: s.zones },
        geometry: { type: 'Point', coordinates: [s.longitude, s.latitude] },
      })) });
    },
    remove() { map.remove(); },
  };
}
