import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { ground } from './ground.js';

// One place on the bundled map: a click puts it somewhere, and it can be dragged. The other stations are points.
export function create(element, others, component) {
  const base = ground();
  const bounds = new maplibre.LngLatBounds();
  others.forEach(s => bounds.extend([s.longitude, s.latitude]));
  const points = { type: 'FeatureCollection', features: others.map(s => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [s.longitude, s.latitude] } })) };
  const map = new maplibre.Map({
    container: element,
    ...(bounds.isEmpty() ? { center: [-0.118, 51.507], zoom: 9 } : { bounds, fitBoundsOptions: { padding: 30, maxZoom: 13 } }),
    attributionControl: { compact: true },
    dragRotate: false,
    style: {
      version: 8,
      sources: { ...base.sources, stations: { type: 'geojson', data: points } },
      layers: [...base.layers, { id: 'stations', type: 'circle', source: 'stations', paint: { 'circle-radius': 5, 'circle-color': base.light ? '#0b5c8f' : '#59b7ef', 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 } }],
    },
  });
  map.once('load', () => element.querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show'));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.getCanvas().style.cursor = 'crosshair';
  let marker;

  const tell = ({ lng, lat }) => component.invokeMethodAsync('Placed', lat, lng);
  const put = at => {
    if (marker === undefined) {
      marker = new maplibre.Marker({ color: '#d9382b', draggable: true }).setLngLat(at).addTo(map);
      marker.on('dragend', () => tell(marker.getLngLat()));
    } else {
      marker.setLngLat(at);
    }
  };
  map.on('click', ({ lngLat }) => {
    put(lngLat);
    tell(lngLat);
  });

  return {
    show(latitude, longitude) {
      if (latitude === null || longitude === null) {
        marker?.remove();
        marker = undefined;
        return;
      }
      put([longitude, latitude]);
      if (!map.getBounds().contains([longitude, latitude])) {
        map.setCenter([longitude, latitude]);
      }
    },
    remove() { map.remove(); },
  };
}
