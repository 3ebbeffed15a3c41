import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { ground } from './ground.js';

// How many of the passages that were found each station has; the list beside it says the same.
export function create(element, locale) {
  const { sources, layers } = ground();
  const map = new maplibre.Map({ container: element, center: [-0.118, 51.507], zoom: 9.4, attributionControl: { compact: true }, locale, fadeDuration: 0, dragRotate: false, style: { version: 8, sources, layers } });
  let markers = [];
  return {
    show(stations) {
      markers.forEach(marker => marker.remove());
      const most = Math.max(1, ...stations.map(s => s.count));
      markers = stations.map(station => {
        const size = 26 + 26 * Math.sqrt(station.count / most);
        const dot = Object.assign(document.createElement('div'), { className: 'hit-dot', textContent: station.count, title: station.name });
        dot.style.width = dot.style.height = `${size}px`;
        return new maplibre.Marker({ element: dot }).setLngLat([station.longitude, station.latitude]).addTo(map);
      });
      if (stations.length > 0) {
        const bounds = new maplibre.LngLatBounds();
        stations.forEach(s => bounds.extend([s.longitude, s.latitude]));
        map.fitBounds(bounds, { padding: 60, maxZoom: 13, duration: 0 });
      }
    },
    remove() { map.remove(); },
  };
}
