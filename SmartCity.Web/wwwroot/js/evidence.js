// A sighting arrives before its picture. While the picture is on its way its place says so, and it is put in when it has come; of one that does not
// come any more its place says why.
{
  const { coming, gone } = document.currentScript.dataset;
  const pauses = [2, 4, 8, 15, 30];
  const path = picture => picture instanceof HTMLImageElement ? (picture.getAttribute('src') ?? '').replace(/\?again=.*$/, '') : '';
  const isEvidence = of => of.startsWith('/evidence/');

  document.addEventListener('error', async event => {
    const picture = event.target;
    const wanted = path(picture);
    if (!isEvidence(wanted)) return;
    picture.dataset.alt ??= picture.alt;
    picture.alt = coming;
    let comes = true;
    try {
      const answer = await fetch(wanted, { cache: 'no-store' });
      const problem = answer.headers.get('content-type')?.includes('json') ? await answer.json() : null;
      comes = answer.ok || answer.status >= 500 || answer.headers.has('retry-after');
      picture.alt = (comes || answer.status === 410 ? problem?.title : gone) ?? picture.alt;
    } catch {
      // The console does not answer: it is asked again.
    }
    if (!comes) return;
    const tries = picture.dataset.wanted === wanted ? Number(picture.dataset.tries ?? 0) : 0;
    Object.assign(picture.dataset, { wanted, tries: tries + 1 });
    setTimeout(() => {
      if (picture.isConnected && path(picture) === wanted) picture.src = `${wanted}?again=${tries + 1}`;
    }, 1000 * pauses[Math.min(tries, pauses.length - 1)]);
  }, true);

  document.addEventListener('load', event => {
    const picture = event.target;
    if (isEvidence(path(picture)) && picture.dataset.alt !== undefined) {
      picture.alt = picture.dataset.alt;
      delete picture.dataset.alt;
    }
  }, true);
}
