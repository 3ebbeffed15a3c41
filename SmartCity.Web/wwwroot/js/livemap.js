import * as maplibre from '../lib/maplibre-gl/maplibre-gl.mjs';

const looks = {
  dark: { ground: '#0e141a', city: '#17232d', edge: '#35505f', borough: '#3d5565', river: '#1d4a68', riverName: '#79b3d6', motorway: '#5b7fa3', road: '#4b5c69', name: '#8fa5b4', place: '#b9c9d4', halo: '#101820' },
  light: { ground: '#e9eef1', city: '#f8f9f7', edge: '#a9bac6', borough: '#b7c5ce', river: '#a9cfe6', riverName: '#2d6a94', motorway: '#7f9fc0', road: '#cdb98a', name: '#5d707e', place: '#33434f', halo: '#f8f9f7' },
};
const face = ['system-ui', 'Segoe UI', 'Roboto', 'sans-serif'];
const nothing = { type: 'FeatureCollection', features: [] };
const look = () => looks[document.documentElement.classList.contains('light') ? 'light' : 'dark'];
const kind = name => ['==', ['get', 'kind'], name];
const text = (size, extra) => ({ 'text-field': ['get', 'name'], 'text-font': face, 'text-size': size, 'text-max-width': 7, ...extra });

function style(data, tiles) {
  const c = look();
  const sources = {
    base: { type: 'geojson', data: 'map/london.json', attribution: 'Boundaries and river: Office for National Statistics, Open Government Licence v3.0; contains OS data © Crown copyright and database right. Roads simplified.' },
    zones: { type: 'geojson', data: data.zones },
    heat: { type: 'geojson', data: data.heat },
  };
  const ground = [{ id: 'ground', type: 'background', paint: { 'background-color': c.ground } }];
  if (tiles?.url) {
    sources.tiles = { type: 'raster', tiles: [tiles.url], tileSize: 256, attribution: tiles.attribution ?? '' };
    ground.push({ id: 'tiles', type: 'raster', source: 'tiles' });
  } else {
    ground.push(
      { id: 'city', type: 'fill', source: 'base', filter: kind('city'), paint: { 'fill-color': c.city } },
      { id: 'borough', type: 'line', source: 'base', filter: kind('borough'), paint: { 'line-color': c.borough, 'line-width': 0.8, 'line-dasharray': [4, 3] } },
      { id: 'road', type: 'line', source: 'base', filter: kind('road'), layout: { 'line-join': 'round' }, paint: { 'line-color': c.road, 'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 8, 0.6, 11, 1.6, 15, 7] } },
      { id: 'motorway', type: 'line', source: 'base', filter: kind('motorway'), layout: { 'line-join': 'round' }, paint: { 'line-color': c.motorway, 'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 8, 1.2, 11, 2.6, 15, 9] } },
      { id: 'river', type: 'fill', source: 'base', filter: kind('river'), paint: { 'fill-color': c.river } },
      { id: 'edge', type: 'line', source: 'base', filter: kind('city'), paint: { 'line-color': c.edge, 'line-width': 1.2 } },
    );
  }
  const names = tiles?.url ? [] : [
    { id: 'river-name', type: 'symbol', source: 'base', minzoom: 10.5, filter: kind('river-name'), layout: text(11, { 'symbol-placement': 'line', 'text-letter-spacing': 0.15 }), paint: { 'text-color': c.riverName } },
    { id: 'road-name', type: 'symbol', source: 'base', minzoom: 9.2, filter: ['any', kind('road'), kind('motorway')], layout: text(9.5, { 'text-field': ['get', 'ref'], 'symbol-placement': 'line', 'symbol-spacing': 260, 'text-rotation-alignment': 'viewport' }), paint: { 'text-color': c.name, 'text-halo-color': c.halo, 'text-halo-width': 1.5 } },
    { id: 'borough-name', type: 'symbol', source: 'base', minzoom: 8.6, maxzoom: 11.5, filter: kind('borough-name'), layout: text(10.5, { 'text-transform': 'uppercase', 'text-letter-spacing': 0.06 }), paint: { 'text-color': c.name, 'text-halo-color': c.halo, 'text-halo-width': 1.2 } },
    { id: 'place', type: 'symbol', source: 'base', minzoom: 11, filter: ['all', kind('place'), ['==', ['get', 'rank'], 1]], layout: text(12), paint: { 'text-color': c.place, 'text-halo-color': c.halo, 'text-halo-width': 1.4 } },
    { id: 'small-place', type: 'symbol', source: 'base', minzoom: 11.7, filter: ['all', kind('place'), ['==', ['get', 'rank'], 2]], layout: text(11), paint: { 'text-color': c.place, 'text-halo-color': c.halo, 'text-halo-width': 1.4 } },
  ];
  return {
    version: 8,
    sources,
    layers: [
      ...ground,
      { id: 'zone', type: 'fill', source: 'zones', paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': ['get', 'shade'] } },
      { id: 'zone-edge', type: 'line', source: 'zones', paint: { 'line-color': ['get', 'colour'], 'line-width': 2, 'line-dasharray': [3, 1.5] } },
      { id: 'heat', type: 'heatmap', source: 'heat', paint: {
        'heatmap-weight': ['get', 'weight'],
        'heatmap-radius': ['interpolate', ['linear'], ['zoom'], 8, 24, 11, 60, 14, 150],
        'heatmap-intensity': 1.1,
        'heatmap-opacity': 0.75,
        'heatmap-color': ['interpolate', ['linear'], ['heatmap-density'], 0, 'rgba(33,102,172,0)', 0.15, '#2b7fb8', 0.4, '#5fc4a6', 0.6, '#f2e05c', 0.8, '#f08a3c', 1, '#d7301f'] } },
      ...names,
    ],
  };
}

// A ring is far smaller than the others: painted stronger, or it would drown in them.
const shades = { congestion: 0.16, ulez: 0.05, lez: 0.03 };

// The library's own texts come from the page, in the reader's language.
export function create(element, tiles, page, locale) {
  const data = { zones: nothing, heat: nothing };
  const map = new maplibre.Map({ container: element, center: [-0.118, 51.507], zoom: 10, minZoom: 7, maxZoom: 16, style: style(data, tiles), attributionControl: { compact: true }, locale, fadeDuration: 0, dragRotate: false, pitchWithRotate: false });
  map.once('load', () => element.querySelector('.maplibregl-ctrl-attrib')?.classList.remove('maplibregl-compact-show'));
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  const themed = new MutationObserver(() => map.setStyle(style(data, tiles)));
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
  const stations = new Map();
  let flow = null;
  const put = (source, features) => {
    data[source] = { type: 'FeatureCollection', features };
    map.getSource(source)?.setData(data[source]);
  };

  function marker(station) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(document.createElement('span'));
    button.addEventListener('click', event => {
      event.stopPropagation();
      page.invokeMethodAsync('Choose', station.id);
    });
    // The library's own classes are on the element that it moves.
    const element = document.createElement('div');
    element.append(button);
    new maplibre.Marker({ element }).setLngLat([station.longitude, station.latitude]).addTo(map);
    return { button, shown: '' };
  }

  return {
    // All stations with what the last minute had; only what differs is touched.
    show(list, chosen) {
      const first = stations.size === 0;
      for (const s of list) {
        let entry = stations.get(s.id);
        if (!entry) stations.set(s.id, entry = { ...marker(s), at: [s.longitude, s.latitude] });
        if (entry.shown === s.label) continue;
        entry.shown = s.label;
        entry.button.className = `station ${s.status}${s.id === chosen ? ' chosen' : ''}`;
        entry.button.style.setProperty('--size', `${Math.round(22 + Math.min(26, 3.2 * Math.sqrt(s.flow)))}px`);
        entry.button.setAttribute('aria-label', s.label);
        entry.button.setAttribute('aria-pressed', s.id === chosen);
        entry.button.title = s.label;
        entry.button.firstChild.textContent = s.status === 'up' || s.flow > 0 ? s.flow : s.status === 'down' ? '!' : '?';
      }
      if (first && list.length > 0) {
        const bounds = new maplibre.LngLatBounds();
        list.forEach(s => bounds.extend([s.longitude, s.latitude]));
        map.fitBounds(bounds, { padding: 56, maxZoom: 12.5, animate: false });
      }
    },
    zones(list) {
      put('zones', list.map(z => ({
        type: 'Feature', properties: { colour: z.colour, shade: shades[z.id] ?? 0.1 }, geometry: { type: 'MultiPolygon', coordinates: z.outline.map(ring => [ring]) },
      })));
    },
    day(counts) {
      const most = Math.max(1, ...counts.flatMap(s => s.counts));
      flow = { counts, most };
    },
    // A step of the day that was given; null clears it.
    step(index) {
      put('heat', index === null || !flow ? [] : flow.counts.filter(s => stations.has(s.stationId) && s.counts[index] > 0).map(s => ({
        type: 'Feature', properties: { weight: Math.sqrt(s.counts[index] / flow.most) }, geometry: { type: 'Point', coordinates: stations.get(s.stationId).at },
      })));
    },
    remove() {
      themed.disconnect();
      map.remove();
    },
  };
}
