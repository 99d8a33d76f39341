// Words, amounts and days. Everything is written in both languages at once; the style shows one.

const BANGKOK_SECONDS = 7n * 3600n;
const LAST_SECOND = 253_402_300_799n;
const BUDDHIST_ERA = 543;
// Fields whose values have names of their own.
const VALUES = new Map([
  ["role", "role"], ["signatures", "role"], ["reason", "reason"], ["kind", "kind"],
  ["channel", "channel"],
]);
const TAGS = {
  passed: ["green", "done"], look: ["amber", "look"], failed: ["red", "cross"],
  signed: ["green", "done"], unsigned: ["grey", "open"],
};

const find = (id) => document.getElementById(id);
const read = (id) => JSON.parse(find(id).textContent);
const { words: WORDS, labels: LABELS, months: MONTHS } = read("words");

function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function both([thai, english]) {
  const parts = [make("span", "th", thai), make("span", "en", english)];
  parts[0].lang = "th";
  parts[1].lang = "en";
  return make("span", "", ...parts);
}

function say(key, facts = {}) {
  return both(WORDS[key].map((sentence, language) => sentence.replace(/\{([a-z]+)\}/g,
    (_, name) => (Array.isArray(facts[name]) ? facts[name][language] : String(facts[name])))));
}

function paragraph(key, facts = {}) {
  return make("p", "", say(key, facts));
}

function shape(name) {
  return find(`shape-${name}`).content.cloneNode(true);
}

function tag(answer) {
  const [tone, mark] = TAGS[answer];
  return make("span", `tag tone-${tone}`, shape(mark), say(answer));
}

function row(name, value) {
  return make("div", "", make("dt", "", name), make("dd", "", value));
}

function step(answer, title, note) {
  return make("li", "", tag(answer),
    make("div", "", make("p", "", make("b", "", title)), make("p", "muted", note)));
}

function nameOf(table, value) {
  return Object.hasOwn(LABELS[table], value) ? LABELS[table][value] : [value, value];
}

function namesOf(table, values) {
  const names = values.map((value) => nameOf(table, String(value)));
  return [0, 1].map((language) => names.map((pair) => pair[language]).join(", "));
}

function day(date) {
  const [thai, english] = MONTHS[date.getUTCMonth()];
  const [number, year] = [date.getUTCDate(), date.getUTCFullYear()];
  const years = [year + BUDDHIST_ERA, year];
  return [thai, english].map((month, at) => `${number}\u00a0${month}\u00a0${years[at]}`);
}

/** Write a moment of Unix seconds as it was in Thailand; what no calendar holds stays a number. */
function moment(seconds) {
  if (seconds > LAST_SECOND) return [String(seconds), String(seconds)];
  const date = new Date(Number(seconds + BANGKOK_SECONDS) * 1000);
  const [hours, minutes] = [date.getUTCHours(), date.getUTCMinutes()];
  const time = [hours, minutes].map((part) => String(part).padStart(2, "0")).join(":");
  return day(date).map((written) => `${written}\u00a0${time}`);
}

function grouped(number) {
  return String(number).replace(/\B(?=([0-9]{3})+$)/g, ",");
}

function baht(satang) {
  const whole = BigInt(Math.abs(satang));
  const rest = whole % 100n ? `.${String(whole % 100n).padStart(2, "0")}` : "";
  return `${satang < 0 ? "\u2212" : ""}${grouped(whole / 100n)}${rest}`;
}

/** Write the value of a public field for reading. */
function shown(name, value) {
  if (value === null) return "-";
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (typeof value === "number") {
    return /(^|_)satang$/.test(name) ? say("baht", { amount: baht(value) }) : String(value);
  }
  if (Array.isArray(value)) return both(namesOf(VALUES.get(name) ?? "field", value));
  if (typeof value === "object") return JSON.stringify(value);
  if (VALUES.has(name)) return both(nameOf(VALUES.get(name), value));
  const isDay = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) && exists(`${value}T00:00:00Z`);
  return isDay ? both(day(new Date(`${value}T00:00:00Z`))) : value;
}
