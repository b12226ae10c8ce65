// The page's languages. English texts are the keys, here and in index.html;
// pt.js has what they are in Portuguese, and is fetched when wanted.
const ATTRIBUTES = ['aria-label', 'placeholder', 'content'];
const written = findTexts(); // [node or attribute, its English text]
let words = {};

/** `text` in the reader's language, with `{name}` taken from `values`. */
export function t(text, values = {}) {
  return (words[text] ?? text).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** Speaks 'en' or 'pt' from now on; an event `language` tells who draws. */
export async function speak(language) {
  words = language === 'pt' ? (await import('./pt.js')).default : {};
  document.documentElement.lang = language;
  for (const [node, text] of written) {
    const spaces = /^(\s*)[^]*?(\s*)$/.exec(node.nodeValue);
    node.nodeValue = spaces[1] + t(text) + spaces[2];
  }
  dispatchEvent(new Event('language'));
}

// What index.html says, before anything else is on the page.
function findTexts() {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) found.push(node);
    found.push(...ATTRIBUTES.map((name) => node.getAttributeNode?.(name)).filter(Boolean));
  }
  return found.map((node) => [node, node.nodeValue.trim().replace(/\s+/g, ' ')])
    .filter(([, text]) => text !== '');
}
