// A little more often than once a second, so that each second has a picture of its own.
const everyMs = 800;
const measuredMs = 10_000;

// One digit after the point, as the page's language writes it.
const figure = number => number.toLocaleString(document.documentElement.lang || 'en', { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false });
const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, at) => values[at]);

// Asks for each camera's newest picture again and again, for as long as somebody can see it. The browser asks whether a picture is new before it loads it.
// What it says of them is given, in the reader's language.
export function watch(wall, words) {
  const leave = new AbortController();
  const loaded = [];
  const running = new Set();

  async function show(picture) {
    let version = null;
    while (!leave.signal.aborted && picture.isConnected) {
      const begun = performance.now();
      if (!document.hidden) {
        try {
          const answer = await fetch(`cameras/${encodeURIComponent(picture.dataset.camera)}/picture?watch=true`, { cache: 'no-cache', signal: leave.signal });
          const captured = Date.parse(answer.headers.get('Last-Modified'));
          if (answer.status === 200 && answer.headers.get('ETag') !== version) {
            version = answer.headers.get('ETag');
            const content = await answer.blob();
            loaded.push({ at: performance.now(), bytes: content.size });
            const before = picture.src;
            picture.src = URL.createObjectURL(content);
            URL.revokeObjectURL(before);
            picture.dataset.pictures = 1 + Number(picture.dataset.pictures ?? 0);
          }
          say(picture, answer.status === 204 ? words.none : answer.ok ? age(captured) : words.unavailable);
        } catch (error) {
          if (error.name !== 'AbortError') say(picture, words.unconnected);
        }
      }
      await new Promise(done => setTimeout(done, Math.max(50, everyMs - (performance.now() - begun))));
    }
    running.delete(picture);
    URL.revokeObjectURL(picture.src);
  }

  const age = captured => {
    const seconds = Math.max(0, Math.round((Date.now() - captured) / 1000));
    return Number.isNaN(seconds) ? '' : seconds < 5 ? words.live : seconds < 120 ? fill(words.seconds, seconds) : fill(words.minutes, Math.round(seconds / 60));
  };
  const say = (picture, text) => { const place = picture.parentElement?.querySelector('.age'); if (place && place.textContent !== text) place.textContent = text; };

  const begin = () => {
    for (const picture of wall.querySelectorAll('img[data-camera]')) {
      if (!running.has(picture)) {
        running.add(picture);
        void show(picture);
      }
    }
  };
  const changes = new MutationObserver(begin);
  changes.observe(wall, { childList: true });
  begin();

  const measure = setInterval(() => {
    const now = performance.now();
    while (loaded.length > 0 && now - loaded[0].at > measuredMs) loaded.shift();
    const bytes = loaded.reduce((sum, one) => sum + one.bytes, 0);
    const place = wall.parentElement?.querySelector('.bandwidth');
    if (place) place.textContent = fill(words.bandwidth, figure(loaded.length * 1000 / measuredMs), figure(bytes * 8 / measuredMs / 1000));
  }, 1000);

  return { remove() { leave.abort(); changes.disconnect(); clearInterval(measure); } };
}

export function enlarge(wall) {
  return wall.requestFullscreen();
}
