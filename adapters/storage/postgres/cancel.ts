/** Asks a server, or the pooler before it, to end what runs on a connection. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import tls from 'node:tls'
import type { PgPoolClient } from './pg.js'

/** Longest wait for the door at which statements are cancelled, in milliseconds. */
const patience = 1_000

/** Sends a cancel request for what runs on this client's connection. Resolves when it was taken or cannot be; never rejects. */
export function cancelStatement({ host, port, ssl, processID, secretKey }: PgPoolClient): Promise<void> {
  if (host === undefined || port === undefined || typeof processID !== 'number' || typeof secretKey !== 'number')
    return Promise.resolve()
  const request = message(80_877_102, processID, secretKey)
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    watch(socket, resolve)
    // the server closes the socket once the request is under way
    if (!ssl || host.startsWith('/')) socket.once('connect', () => socket.write(request))
    else
      socket
        .once('connect', () => socket.write(message(80_877_103)))
        .once('data', () => {
          const secure = tls.connect({ ...(typeof ssl === 'object' ? ssl : {}), socket, servername: host })
          watch(secure, resolve)
          secure.once('secureConnect', () => secure.write(request))
        })
  })
}

function watch(socket: Socket, done: () => void): void {
  socket.setTimeout(patience, () => socket.destroy())
  socket.on('error', () => socket.destroy()).once('close', done)
}

/** A message of before the protocol: its length, then numbers of four bytes. */
function message(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * numbers.length)
  bytes.writeInt32BE(bytes.length)
  for (const [index, number] of numbers.entries()) bytes.writeInt32BE(number, 4 + 4 * index)
  return bytes
}
