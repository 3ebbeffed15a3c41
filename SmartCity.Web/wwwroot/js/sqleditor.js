// A textarea for a statement: Ctrl+Enter runs it, names are offered while one types, and a fault is marked where it is.
const word = /[A-Za-z_][\w.]*$/;
const most = 8;

export function create(area, offers, editor) {
  let names = [];
  let offered = [];

  const offer = () => {
    const before = area.value.slice(0, area.selectionStart).match(word)?.[0] ?? '';
    const asked = before.toLowerCase();
    const after = asked.slice(asked.lastIndexOf('.') + 1);
    offered = before.length < 2 || area.selectionStart !== area.selectionEnd ? []
      : names.filter(name => (name.startsWith(asked) && name !== asked) || (after.length > 1 && !name.includes('.') && name.startsWith(after) && name !== after)).slice(0, most);
    offers.replaceChildren(...offered.map((name, i) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: name, tabIndex: -1, className: i === 0 ? 'first' : '' });
      // The text keeps the focus.
      button.addEventListener('mousedown', event => event.preventDefault());
      button.addEventListener('click', () => take(name));
      return button;
    }));
  };

  const take = name => {
    const before = area.value.slice(0, area.selectionStart).match(word)?.[0] ?? '';
    const from = area.selectionStart - (name.startsWith(before.toLowerCase()) ? before.length : before.length - before.lastIndexOf('.') - 1);
    area.setSelectionRange(from, area.selectionStart);
    put(name);
  };

  // As if it were typed: the browser can undo it.
  const put = text => {
    area.focus();
    if (!document.execCommand('insertText', false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
    offer();
  };

  const onKey = event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      editor.invokeMethodAsync('RunAsync');
    } else if (offered.length > 0 && event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault();
      take(offered[0]);
    } else if (offered.length > 0 && event.key === 'Escape') {
      event.stopPropagation();
      offered = [];
      offers.replaceChildren();
    }
  };
  const hide = () => { offered = []; offers.replaceChildren(); };
  area.addEventListener('keydown', onKey);
  area.addEventListener('input', offer);
  area.addEventListener('blur', hide);

  return {
    // Bytes go in pieces, and a text may be too long for one message of the connection.
    text: () => new TextEncoder().encode(area.value),
    show(text) { area.value = text; hide(); },
    insert: put,
    // Somebody may be typing already.
    know(all) {
      names = all;
      if (document.activeElement === area) offer();
    },
    mark(position) {
      const rest = area.value.slice(position - 1).match(/^(?:\w+|"[^"]*"|'[^']*'|.)/)?.[0] ?? '';
      area.focus();
      area.setSelectionRange(position - 1, position - 1 + rest.length);
      // The line comes into view.
      const line = area.value.slice(0, position - 1).split('\n').length - 1;
      area.scrollTop = Math.max(0, line * parseFloat(getComputedStyle(area).lineHeight) - area.clientHeight / 2);
    },
    remove() {
      area.removeEventListener('keydown', onKey);
      area.removeEventListener('input', offer);
      area.removeEventListener('blur', hide);
    },
  };
}
