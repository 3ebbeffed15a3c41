import * as echarts from '../lib/echarts/echarts.esm.min.mjs';

// Charts are printed in dark ink on white paper, whatever the screen has.
const paper = matchMedia('print');

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const darkSeries = ['#59b7ef', '#f0b429', '#4cc38a', '#ff7b72', '#9a7fd1', '#c98bb0', '#7fb3a5', '#8fa3b3'];
const lightSeries = ['#1273b3', '#e39a1f', '#2f9e6b', '#d0473d', '#7a5cc0', '#c2557a', '#3f8f9a', '#6f8290'];

export function create(element, language) {
  const chart = echarts.init(element, null, { renderer: 'svg' });
  let shown = null;
  const draw = () => {
    if (!shown) return;
    const [text, edge] = [colour('--quiet'), colour('--edge')];
    const number = value => value === null || value === undefined ? '–' : shown.isBefore ? `${shown.unit}${value.toLocaleString(language)}` : `${value.toLocaleString(language)} ${shown.unit}`;
    const names = { type: 'category', data: shown.categories, axisLabel: shown.sideways ? { color: text, interval: 0, width: Math.min(220, element.clientWidth * 0.42), overflow: 'truncate' } : shown.categories.length <= 8 ? { color: text, interval: 0, width: Math.max(40, (element.clientWidth - 60) / shown.categories.length - 6), overflow: 'break' } : { color: text, hideOverlap: true }, axisLine: { lineStyle: { color: edge } }, inverse: shown.sideways };
    const values = { type: 'value', axisLabel: { color: text, formatter: value => value.toLocaleString(language, { notation: 'compact' }) }, splitLine: { lineStyle: { color: edge } } };
    chart.setOption({
      color: paper.matches || document.documentElement.classList.contains('light') ? lightSeries : darkSeries,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: text },
      grid: { left: 4, right: 16, top: shown.series.length > 1 ? 40 : 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      legend: shown.series.length > 1 ? { textStyle: { color: text }, top: 0, type: 'scroll' } : undefined,
      tooltip: { trigger: 'axis', confine: true, backgroundColor: colour('--panel'), borderColor: edge, textStyle: { color: colour('--text') }, valueFormatter: number },
      xAxis: shown.sideways ? values : names,
      yAxis: shown.sideways ? names : values,
      series: shown.series.map(s => ({
        name: s.name, type: shown.kind === 'line' ? 'line' : 'bar', stack: shown.kind === 'stack' ? 'all' : undefined, data: s.values, showSymbol: s.values.filter(v => v !== null).length < 4, barMaxWidth: 36, smooth: false,
      })),
      animation: !paper.matches && !matchMedia('(prefers-reduced-motion: reduce)').matches,
      animationDuration: 300,
    }, true);
  };
  // The list behind a bar; the table below has the same links.
  chart.on('click', bar => {
    const address = shown?.series[bar.seriesIndex]?.keys?.[bar.dataIndex];
    if (address) Blazor.navigateTo(address);
  });
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  const themed = new MutationObserver(draw);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
  paper.addEventListener('change', draw);
  return {
    show(data) {
      shown = data;
      draw();
    },
    remove() {
      resized.disconnect();
      themed.disconnect();
      paper.removeEventListener('change', draw);
      chart.dispose();
    },
  };
}
