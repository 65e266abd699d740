/** The example server's five seconds. */
import { once } from 'node:events'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { startServer } from '../support/child.js'
import { send } from '../support/http.js'
import { tokenOf } from '../support/tokens.js'

describe('example server: aborts hooks that still run after 4 s, exits 0 within 5 s', () => {
  for (const wait of ['the signal', 'ever'])
    it(`a hook that waits for ${wait}`, async () => {
      const server = await startServer({
        PLUGINS: fileURLToPath(new URL('../support/plugins/waiting.js', import.meta.url)),
      })
      const token = await tokenOf(server.origin, 'ocapi')
      const running = send(server.origin, {
        path: '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers',
        headers: { Authorization: `Bearer ${token}` },
        json: { last_name: wait, credentials: { login: 'dude' } },
      })
      await server.printed(/handler waits/)
      const began = performance.now()
      const ended = await server.stop()
      const took = performance.now() - began
      expect(ended, server.output()).to.deep.equal({ code: 0, signal: null })
      expect(took).to.be.within(3_900, 5_000)
      expect((await running).status).to.be.within(500, 503)
    })

  it('clients that stop in the middle of a request keep it from nothing: the log has their lines of requests alone', async () => {
    const server = await startServer()
    const greeting = server.output()
    const token = await tokenOf(server.origin, 'ocapi')
    const { host, port } = new URL(server.origin)
    const head = `POST /dw/data/v16_2/customer_lists/SiteGenesis/customers HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n`
    const form = `POST /dw/oauth2/access_token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\n`
    const halves = [
      'GET / HT',
      head,
      `${head}Content-Length: 100\r\n\r\n{"a":`,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"cre`,
      `${head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`,
      `${form}Content-Length: 50\r\n\r\ngrant`,
    ]
    const open = (): Promise<net.Socket[]> =>
      Promise.all(
        halves.map(async (half) => {
          const socket = net.connect(Number(port), '127.0.0.1').on('error', () => {})
          await once(socket, 'connect')
          await promisify(socket.write.bind(socket) as (text: string, done: () => void) => void)(half)
          return socket
        }),
      )
    const [cut, kept] = [await open(), await open()]
    expect((await send(server.origin)).status).to.equal(200)
    for (const socket of cut) socket.destroy()
    expect((await send(server.origin)).status).to.equal(200)
    const began = performance.now()
    const ended = await server.stop()
    expect(ended, server.output()).to.deep.equal({ code: 0, signal: null })
    expect(performance.now() - began).to.be.lessThan(5_000)
    const printed = server.output().slice(greeting.length).trimEnd().split('\n')
    const logged = printed.filter((line) => line.startsWith('{'))
    expect(printed.filter((line) => !logged.includes(line))).to.deep.equal(['SIGTERM: stopping'])
    for (const line of logged) {
      expect(JSON.parse(line)).to.include({ level: 30 })
      for (const word of ['"a"', 'cre"', 'grant', token]) expect(line).not.to.contain(word)
    }
    for (const socket of kept) socket.destroy()
  })

  it('nobody sees a reset: 5,000 connections, 50 half-sent bodies, running requests, which say Connection: close', async () => {
    const plugins = fileURLToPath(new URL('../support/plugins/waiting.js', import.meta.url))
    const server = await startServer({ PLUGINS: plugins })
    const token = await tokenOf(server.origin, 'ocapi')
    const { host, port } = new URL(server.origin)
    const head = (method: string, more: string): string =>
      `${method} /s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`
    const clients = new Map<net.Socket, { text: string; error?: string }>()
    const open = async (text: string): Promise<net.Socket> => {
      const socket = net.connect(Number(port), '127.0.0.1')
      const seen: { text: string; error?: string } = { text: '' }
      clients.set(socket, seen)
      socket.on('error', (error) => (seen.error = error.message)).on('data', (data) => (seen.text += data.toString()))
      await once(socket, 'connect')
      socket.write(text)
      return socket
    }
    const body = JSON.stringify({ last_name: 'a moment', credentials: { login: 'dude' } })
    const length = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
    for (let batch = 0; batch < 49; batch++)
      await Promise.all(Array.from({ length: 100 }, () => open(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)))
    const halves = await Promise.all(Array.from({ length: 50 }, () => open(head('POST', length) + body.slice(0, 9))))
    const running = await open(head('POST', length) + body)
    await server.printed(/handler waits for a moment/)
    const began = performance.now()
    const ended = server.stop()
    await server.printed(/stopping/)
    // what comes on a connection that was idle is answered still
    const late = [...clients.keys()][4_899] as net.Socket
    late.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(await ended, server.output()).to.deep.equal({ code: 0, signal: null })
    expect(performance.now() - began).to.be.lessThan(5_000)
    await Promise.all([...clients.keys()].map(async (socket) => socket.closed || once(socket, 'close')))
    expect(new Set([...clients.values()].map(({ error }) => error))).to.deep.equal(new Set([undefined]))
    for (const socket of [running, late])
      expect(clients.get(socket)?.text).to.match(/HTTP\/1.1 200.*connection: close/is)
    for (const socket of halves) expect(clients.get(socket)?.text).to.match(/^HTTP\/1.1 503.*connection: close/is)
  })
})
