// Python's standard library, in a process that prints what it receives.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('follow.py', import.meta.url));

export default {
  name: 'Python http.client',
  callerReconnects: true,
  cannot: {},
  open(inbox, url, { headers }) {
    const child = spawn('python3', [SCRIPT, url, JSON.stringify(headers)],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.status === 200) inbox.opened();
      else if (said.status) inbox.refused(said.status);
      else inbox.take(said.type, said.data, said.id);
    });
    return () => child.kill();
  },
};
