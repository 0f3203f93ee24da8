// What the page says to its scripts: addresses, and every word people see.
export const config = JSON.parse(document.getElementById("door-config").textContent);

/** The sentence called `key`, with {name} replaced by values.name. */
export function text(key, values = {}) {
  return config.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const hasText = (key) => key in config.texts;

export const $ = (id) => document.getElementById(id);

const timeZone = document.documentElement.dataset.timeZone; // the town's, whatever the phone is set to
const digits = { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" };
const wall = new Intl.DateTimeFormat("en-GB", { ...digits, timeZone });

// In parts: how a country writes them differs by browser.
const onTheWall = (moment) => Object.fromEntries(wall.formatToParts(new Date(moment)).map((part) => [part.type, part.value]));

/** The time of day as this language writes it: 16.00 in Dutch, 16:00 in English. */
export const timeOfDay = (moment) => text("time", onTheWall(moment));

/** 2026-11-24 */
export function dayOf(moment) {
  const { year, month, day } = onTheWall(moment);
  return `${year}-${month}-${day}`;
}

/** What this phone remembers for itself: a choice, never anything about a visitor. Null without storage. */
export const memory = {
  get(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch {
      // storage is switched off: then it is asked for again next time
    }
  },
};
