/** A plain HTTP client and server for tests: what is sent is exactly what the test says. */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'

/** A request; nothing is added but Host, Connection and the length of the body. */
export interface Sent {
  /** Default GET, or POST with a body. */
  readonly method?: string
  /** Default `/`. Sent as it stands. */
  readonly path?: string
  /** In this order and letter case. A pair list may repeat a name. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  /** Sent as it stands, without a Content-Type. */
  readonly body?: string | Uint8Array
  /** Sent as JSON with `Content-Type: application/json`. */
  readonly json?: unknown
  /** Headers, trust and so on of a TLS connection. */
  readonly tls?: https.RequestOptions
}

/** An answer. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** Name and value pairs as they came. */
  readonly rawHeaders: readonly string[]
  readonly text: string
  /** The body as JSON; throws with the text when it is none. */
  json<T = Record<string, unknown>>(): T
}

/** Connections are used again, but long before a server would close one that is idle: that would be a race. */
const reuse = { keepAlive: true, timeout: 2_000 }
const agents = { http: new http.Agent(reuse), https: new https.Agent(reuse) }

/** Ends the connections on which nothing is asked now: a server that stops would wait for them a moment. */
export function endIdleConnections(): void {
  for (const agent of Object.values(agents))
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

/** Sends a request and reads the whole answer. */
export function send(origin: string, sent: Sent = {}): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin)
  const body = sent.json === undefined ? sent.body : JSON.stringify(sent.json)
  const pairs: (readonly [string, string])[] = Array.isArray(sent.headers)
    ? [...(sent.headers as readonly (readonly [string, string])[])]
    : Object.entries(sent.headers ?? {})
  const has = (name: string): boolean => pairs.some(([given]) => given.toLowerCase() === name)
  if (!has('host')) pairs.unshift(['Host', `${hostname}:${port}`])
  if (sent.json !== undefined && !has('content-type')) pairs.push(['Content-Type', 'application/json'])
  if (body !== undefined && !has('content-length') && !has('transfer-encoding'))
    pairs.push(['Content-Length', String(Buffer.byteLength(body))])
  const options: https.RequestOptions = {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    path: sent.path ?? '/',
    method: sent.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: pairs.flat(),
    ...sent.tls,
  }
  return new Promise((resolve, reject) => {
    const request =
      protocol === 'https:'
        ? https.request({ agent: agents.https, ...options })
        : http.request({ agent: agents.http, ...options })
    request.once('error', reject).once('response', (response) => {
      let text = ''
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .once('error', reject)
        .once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            text,
            json: <T>() => parse<T>(text),
          }),
        )
    })
    request.end(body)
  })
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new Error(`not JSON: ${text.slice(0, 500)}`, { cause })
  }
}

/** Writes bytes to a new connection, which `ends` ends, and gives all that comes back until the other side closes. */
export function sendBytes(origin: string, bytes: string | Uint8Array, { ends = false } = {}): Promise<string> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = net.connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write(bytes)
      if (ends) socket.end()
    })
    socket
      .setEncoding('utf8')
      .on('data', (chunk: string) => (text += chunk))
      .once('error', reject)
      .once('close', () => resolve(text))
  })
}

/** A server in this process. */
export interface Listening {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  readonly server: http.Server
  /** Stops listening and cuts every connection. */
  close(): Promise<void>
}

/** What can listen: a node handler, or anything with Koa's `callback()`. */
export type Application = http.RequestListener | { callback(): http.RequestListener }

/** Serves an application, or runs a server that was made already, on a free port of the loopback address. */
export async function listen(application: Application | http.Server): Promise<Listening> {
  const server =
    application instanceof net.Server
      ? application
      : http.createServer(typeof application === 'function' ? application : application.callback())
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as net.AddressInfo
  return {
    origin: `${server instanceof https.Server ? 'https' : 'http'}://127.0.0.1:${port}`,
    server,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}
