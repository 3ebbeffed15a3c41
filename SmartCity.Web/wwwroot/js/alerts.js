// Sound and notifications for new alerts, as chosen in this browser. Permission is asked for only when somebody switches them on.
const key = 'smartcity-alerts';
const stored = () => JSON.parse(localStorage.getItem(key) ?? '{}');
const store = change => localStorage.setItem(key, JSON.stringify({ ...stored(), ...change }));
const allowed = () => 'Notification' in window && Notification.permission === 'granted';

export const chosen = () => ({ sound: stored().sound === true, notify: stored().notify === true && allowed() });

export function chooseSound(on) {
  store({ sound: on });
  if (on) tone();
}

export async function chooseNotify(on) {
  const granted = on && 'Notification' in window && await Notification.requestPermission() === 'granted';
  store({ notify: granted });
  return granted;
}

export function ring(title, body, address) {
  const choice = chosen();
  if (choice.sound) tone();
  if (choice.notify) {
    const notification = new Notification(title, { body, tag: address });
    notification.onclick = () => {
      window.focus();
      location.assign(address);
    };
  }
}

// Two soft notes; a browser that allows no sound yet stays silent.
function tone() {
  const audio = new AudioContext();
  [[660, 0], [880, 0.18]].forEach(([pitch, at]) => {
    const [note, volume] = [audio.createOscillator(), audio.createGain()];
    note.frequency.value = pitch;
    volume.gain.setValueAtTime(0, audio.currentTime + at);
    volume.gain.linearRampToValueAtTime(0.2, audio.currentTime + at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.35);
    note.connect(volume).connect(audio.destination);
    note.start(audio.currentTime + at);
    note.stop(audio.currentTime + at + 0.4);
  });
  setTimeout(() => audio.close(), 1000);
}
