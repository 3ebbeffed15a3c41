// Keys of the whole console: ? shows them all, / goes to the search, g and a letter to a page. Not while somebody types.
const typing = element => element?.closest('input, textarea, select, [contenteditable=true]') !== null && element !== null;

export function listen(layout, pages) {
  let going = 0;
  const onKey = event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === 'Escape') {
      layout.invokeMethodAsync('CloseAsync');
      return;
    }
    // A field that takes no question mark says so.
    if (typing(event.target) && !(event.key === '?' && event.target.dataset.keys)) return;
    if (event.key === '?') {
      event.preventDefault();
      layout.invokeMethodAsync('ShowShortcutsAsync');
    } else if (event.key === '/') {
      const search = document.querySelector('[data-search] input, input[data-search]');
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === 'g') {
      going = Date.now();
    } else if (Date.now() - going < 1500 && pages[event.key] !== undefined) {
      going = 0;
      event.preventDefault();
      layout.invokeMethodAsync('GoAsync', pages[event.key]);
    }
  };
  // The address of a fragment is relative to the console's, not to the page's.
  const skip = document.querySelector('.skip');
  const onSkip = event => {
    event.preventDefault();
    document.getElementById('main').focus();
  };
  skip.addEventListener('click', onSkip);
  document.addEventListener('keydown', onKey);
  document.documentElement.dataset.keys = 'on';
  return {
    stop() {
      document.removeEventListener('keydown', onKey);
      skip.removeEventListener('click', onSkip);
    },
  };
}
