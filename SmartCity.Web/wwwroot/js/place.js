import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';
import { stationMap } from './stationmap.js';

// One place on the bundled map: a click puts it somewhere, and it can be dragged. The other stations are points.
export function create(element, others, component, locale) {
  const bounds = new maplibre.LngLatBounds();
  others.forEach(s => bounds.extend([s.longitude, s.latitude]));
  const { map } = stationMap(element, others, locale, bounds.isEmpty() ? { center: [-0.118, 51.507], zoom: 9 } : { bounds, fitBoundsOptions: { padding: 30, maxZoom: 13 } });
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
