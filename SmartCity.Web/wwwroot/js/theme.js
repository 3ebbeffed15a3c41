// Before anything is painted: the colours chosen last, else the system's. The server, which draws the rest, learns them from a cookie.
(() => {
  const key = 'smartcity-theme';
  const system = matchMedia('(prefers-color-scheme: light)');
  const apply = theme => {
    document.documentElement.classList.toggle('light', theme === 'light');
    document.documentElement.classList.toggle('dark', theme !== 'light');
    document.cookie = `${key}=${theme}; path=/; max-age=31536000; samesite=lax`;
  };
  const current = () => localStorage.getItem(key) ?? (system.matches ? 'light' : 'dark');
  apply(current());
  window.smartcityTheme = {
    current,
    choose(theme) {
      localStorage.setItem(key, theme);
      apply(theme);
    },
  };
})();
