// A quiet ground for small maps: the city's outline, its river and its roads, from the bundled outlines.
const kind = name => ['==', ['get', 'kind'], name];

export function ground() {
  const light = document.documentElement.classList.contains('light');
  const colours = light
    ? { ground: '#e9eef1', city: '#f8f9f7', river: '#a9cfe6', road: '#cdb98a', edge: '#a9bac6' }
    : { ground: '#0e141a', city: '#17232d', river: '#1d4a68', road: '#3b4c59', edge: '#35505f' };
  return {
    light,
    sources: { base: { type: 'geojson', data: 'map/london.json', attribution: 'Office for National Statistics, Open Government Licence v3.0' } },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colours.ground } },
      { id: 'city', type: 'fill', source: 'base', filter: kind('city'), paint: { 'fill-color': colours.city } },
      { id: 'road', type: 'line', source: 'base', filter: ['any', kind('road'), kind('motorway')], paint: { 'line-color': colours.road, 'line-width': 1.4 } },
      { id: 'river', type: 'fill', source: 'base', filter: kind('river'), paint: { 'fill-color': colours.river } },
      { id: 'edge', type: 'line', source: 'base', filter: kind('city'), paint: { 'line-color': colours.edge, 'line-width': 1.2 } },
    ],
  };
}
