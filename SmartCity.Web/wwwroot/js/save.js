// A text that the page has already, as a file.
export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

// A file that the server makes of what is asked in the body: addresses are logged.
export function post(address, fields) {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: address, target: '_blank' });
  for (const [name, value] of fields) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
