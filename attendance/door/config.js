// What the server tells the page: addresses, the CSRF token and every word people see.
export const config = JSON.parse(document.getElementById("door-config").textContent);

/** The sentence called `key`, with {name} replaced by values.name. */
export function text(key, values = {}) {
  return config.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const hasText = (key) => key in config.texts;

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  timeZone: document.documentElement.dataset.timeZone, // the town's, whatever the phone is set to
});

/** The time of day as this language writes it: 16.00 in Dutch, 16:00 in English. */
export function timeOfDay(moment) {
  const [hour, minute] = clock.format(new Date(moment)).split(":");
  return text("time", { hour, minute });
}
