// Small helpers for drawing. Whatever came from outside is set as text only.

/** The element with that id. */
export const byId = (id) => document.getElementById(id);

/** A new element; `children` are nodes or texts. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  Object.assign(node, properties);
  node.append(...children);
  return node;
}

const REST_MS = 150; // nobody reads faster, and input is to be answered between

/** A function that has `draw` run soon, and not more often than that. */
export function unhurried(draw) {
  let asked = false;
  let last = -REST_MS;
  return () => {
    if (asked) return;
    asked = true;
    const rest = Math.max(0, last + REST_MS - performance.now());
    setTimeout(() => requestAnimationFrame(() => {
      asked = false;
      last = performance.now();
      draw();
    }), rest);
  };
}

/** Sets the text where it has changed: less work for layout and readers. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Text that is there, or an element that is not. */
export function showText(node, text) {
  setText(node, text);
  node.hidden = text === '';
}

export const count = (number) => Math.round(number).toLocaleString(document.documentElement.lang);

export function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let at = 0;
  for (; number >= 1024 && at < 3; at += 1) number /= 1024;
  return `${number.toFixed(at && number < 10 ? 1 : 0)} ${units[at]}`;
}

export const clock = () => new Date().toLocaleTimeString('en-GB');

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
