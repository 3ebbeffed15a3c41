// What the page does when the connection to its server is lost: it says so, tries again, and loads itself anew when its state is gone there.
const dialog = document.getElementById('components-reconnect-modal');

dialog.addEventListener('components-reconnect-state-changed', ({ detail: { state } }) => {
  if (state === 'show') {
    dialog.showModal();
  } else if (state === 'hide') {
    dialog.close();
  } else if (state === 'failed') {
    document.addEventListener('visibilitychange', whenSeen);
  } else if (state === 'rejected') {
    location.reload();
  }
});
document.getElementById('components-reconnect-button').addEventListener('click', retry);
document.getElementById('components-resume-button').addEventListener('click', retry);

async function retry() {
  document.removeEventListener('visibilitychange', whenSeen);
  try {
    if (await Blazor.reconnect() || await Blazor.resumeCircuit()) {
      dialog.close();
    } else {
      location.reload(); // the server answers and no longer knows this page
    }
  } catch {
    document.addEventListener('visibilitychange', whenSeen); // still away
  }
}

const whenSeen = () => document.visibilityState === 'visible' && retry();
