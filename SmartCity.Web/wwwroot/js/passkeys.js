// Forms that a passkey answers: what the device signs is put into the form, which is then sent as any other. What it says stands in their data.
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const known = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;
  form.hidden = !known && form.dataset.passkey === 'sign-in';
  const problem = form.querySelector('.problem');
  const say = text => {
    problem.textContent = text;
    problem.hidden = false;
  };
  if (!known && !form.hidden) {
    say(form.dataset.unable);
  }

  const put = (name, value) => { form.querySelector(`input[name$=".${name}"]`).value = value; };
  const create = async () => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options)) });
  const get = async () => {
    const response = await fetch('sign-in/passkey', { method: 'POST' });
    if (!response.ok) {
      throw new Error((await response.json()).detail);
    }
    const { question, options } = await response.json();
    put('Question', question);
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options)) });
  };

  form.addEventListener('submit', async event => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    problem.hidden = true;
    try {
      const credential = form.dataset.passkey === 'create' ? await create() : await get();
      put('Credential', JSON.stringify(credential));
      form.submit();
    } catch (error) {
      say((error.name === 'NotAllowedError' ? form.dataset.unsigned : error.name === 'InvalidStateError' ? form.dataset.taken : undefined) ?? error.message);
    }
    button.disabled = false;
  });
}
