/** How the example server ends, so that clients notice as little as can be. */
import type http from 'node:http'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Milliseconds after the signal: connections on which nothing comes are ended after `idle`, requests whose body does not come
 * are answered after `bodies`, hooks that still run are aborted after `hooks`, and the process ends after `all`. Another signal
 * after `repeated` ends it at once; before, it is the same one, which npm passes on although the server has it too.
 */
const patience = { idle: 500, bodies: 3_500, hooks: 4_000, all: 4_800, repeated: 1_000 }

/** Ends a server and what it serves; see `stopper`. */
export type Stop = (close: (graceMs: number) => Promise<void>) => Promise<void>

/**
 * Watches a server from its first connection on; what is returned stops it: no more connections, running requests end and
 * say `Connection: close`, idle connections are ended and not cut, `close` stores what is to be stored. Resolves within 5 s.
 */
export function stopper(server: http.Server): Stop {
  const sockets = new Set<net.Socket>()
  const running = new Map<http.ServerResponse, http.IncomingMessage>()
  let isStopping = false
  server.on('connection', (socket) => void sockets.add(socket.once('close', () => sockets.delete(socket))))
  server.on('request', (request, response) => {
    if (isStopping) response.setHeader('Connection', 'close')
    running.set(response, request)
    response.once('close', () => running.delete(response))
  })
  return async (close) => {
    isStopping = true
    const deadline = delay(patience.all)
    for (const response of running.keys()) if (!response.headersSent) response.setHeader('Connection', 'close')
    // the close of an http server cuts idle connections, on which a request may be coming in
    const ended = server.listening
      ? new Promise((resolve) => void net.Server.prototype.close.call(server, resolve))
      : undefined
    void delay(patience.idle).then(() => endIdle(sockets, running))
    void delay(patience.bodies).then(() => refuseHalves(running))
    await Promise.race([close(patience.hooks), deadline])
    await Promise.race([ended, deadline])
  }
}

/** Ends connections on which no request runs, now and when one has ended: whatever comes later has come too late. */
function endIdle(sockets: ReadonlySet<net.Socket>, running: ReadonlyMap<http.ServerResponse, unknown>): void {
  const busy = new Set([...running.keys()].map(({ socket }) => socket))
  for (const response of running.keys()) response.once('close', () => response.socket?.end())
  for (const socket of sockets) if (!busy.has(socket)) socket.end()
}

/** Answers requests whose body has not come. */
function refuseHalves(running: ReadonlyMap<http.ServerResponse, http.IncomingMessage>): void {
  for (const [response, request] of running)
    if (!request.complete && !response.headersSent)
      response.writeHead(503, { Connection: 'close', 'Retry-After': '1', 'Content-Length': '0' }).end()
}

/** Calls `stop` on SIGTERM and SIGINT, and exits. */
export function onSignal(stop: () => Promise<void>, onError: (error: unknown) => void): void {
  let stoppingSince = Infinity
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => {
      const now = performance.now()
      if (now > stoppingSince + patience.repeated) process.exit(1)
      if (now >= stoppingSince) return
      stoppingSince = now
      console.log(`${signal}: stopping`)
      stop().then(() => process.exit(0), onError)
    })
}
