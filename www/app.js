// The page's start. clients.js keeps the clients, each on a link.js; list.js,
// log.js, wire.js and publish.js show them and what they got; stats.js shows
// the server's figures.
import { setTokens } from './access.js';
import { byId, showText } from './draw.js';
import { startLessons } from './lessons.js';
import { draw, startList } from './list.js';
import { startLog } from './log.js';
import { startPublish } from './publish.js';
import { startStats } from './stats.js';
import { speak } from './text.js';
import { startWire } from './wire.js';

const other = () => (document.documentElement.lang === 'pt' ? 'en' : 'pt');

byId('language').addEventListener('click', () => speak(other()));
addEventListener('language', () => { byId('language').lang = other(); });
byId('tokens').addEventListener('submit', (event) => {
  event.preventDefault();
  const problem = setTokens(byId('publish-token').value.trim(), byId('stream-token').value.trim());
  showText(byId('token-problem'), problem);
  if (problem) return;
  byId('tokens-box').open = false;
  byId('tokens-box').firstElementChild.focus();
});
addEventListener('lag', draw);

startList();
startLog();
startWire();
startLessons();
startPublish();
startStats();
if (navigator.language.startsWith('pt')) speak('pt');
