// A worker that opens a stream and then reads no more of it. On the page itself
// the browser would go on reading into its memory; a thread that sleeps cannot.
onmessage = async ({ data: { path, headers, sleepMs } }) => {
  const response = await fetch(path, { headers, cache: 'no-store' });
  await response.body.getReader().read();
  postMessage('stopped');
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  Atomics.wait(new Int32Array(memory.buffer), 0, 0, sleepMs);
};
