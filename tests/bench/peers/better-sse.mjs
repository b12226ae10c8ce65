// A broadcast with npm's better-sse: a channel and its sessions, with the
// library's defaults, but for heartbeats, which come as often as the others'.
// usage: node better-sse.mjs PORT
import http from "node:http";
import { createChannel, createSession } from "better-sse";

const channel = createChannel();

async function publish(request, response) {
  let body = "";
  for await (const piece of request.setEncoding("utf8")) body += piece;
  channel.broadcast(body);
  response.end("ok");
}

async function open(request, response) {
  channel.register(await createSession(request, response, { keepAlive: 15_000 }));
}

http
  .createServer({ keepAliveTimeout: 0 }, (request, response) =>
    request.method === "POST" ? publish(request, response) : open(request, response))
  .listen(Number(process.argv[2]), "127.0.0.1", 4096);
