// A broadcast with nothing but node:http: each event is written to each answer
// that is open, and a comment each 15 s. usage: node bare.mjs PORT
import http from "node:http";

const streams = new Set();
const fields = { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" };

function open(request, response) {
  response.writeHead(200, fields).flushHeaders();
  streams.add(response);
  response.on("close", () => streams.delete(response));
}

async function publish(request, response) {
  let body = "";
  for await (const piece of request.setEncoding("utf8")) body += piece;
  const event = `data: ${body}\n\n`;
  for (const stream of streams) stream.write(event);
  response.end("ok");
}

setInterval(() => {
  for (const stream of streams) stream.write(":\n\n");
}, 15_000);

http
  .createServer({ keepAliveTimeout: 0 }, (request, response) =>
    request.method === "POST" ? publish(request, response) : open(request, response))
  .listen(Number(process.argv[2]), "127.0.0.1", 4096);
