/** The load generator: plain sockets, one request after the other on each, and it never sleeps while it waits. */
import net from 'node:net'

/** Gives the next request of one connection; it is told the last answer, '' at first. */
export type Conversation = (last: string) => string

/** Sends one request after the other on a connection until told to stop; counts the answers. */
class Connection {
  answers = 0
  readonly #socket: net.Socket
  readonly #next: Conversation
  #last = ''
  #received = ''
  #isStopped = false
  #done: () => void = () => undefined

  constructor(port: number, next: Conversation) {
    this.#next = next
    this.#socket = net.connect(port, '127.0.0.1', () => this.#send())
    this.#socket
      .setNoDelay(true)
      .setEncoding('latin1')
      .on('data', (chunk: string) => this.#take(chunk))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await new Promise<void>((resolve) => (this.#done = resolve))
    this.#socket.destroy()
  }

  #send(): void {
    this.#received = ''
    this.#socket.write(this.#next(this.#last))
  }

  #take(chunk: string): void {
    this.#received += chunk
    if (!isWhole(this.#received)) return
    if (!this.#received.startsWith('HTTP/1.1 2')) throw new Error(this.#received.slice(0, 1_000))
    this.#last = this.#received
    this.answers++
    if (this.#isStopped) this.#done()
    else this.#send()
  }
}

/** Whether an answer has come with all of its body. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1]
  if (length === undefined && /\r\ntransfer-encoding: chunked/i.test(answer)) return answer.endsWith('\r\n0\r\n\r\n')
  return answer.length >= end + 4 + Number(length ?? 0)
}

/**
 * Asks a server with this many connections for some milliseconds, and gives the answers. It waits without sleeping: to
 * wake a client that sleeps is dear, and would be charged to the slower server alone.
 */
export async function answersDuring(
  milliseconds: number,
  port: number,
  connections: number,
  conversation: (connection: number) => Conversation,
): Promise<number> {
  const open = Array.from({ length: connections }, (_, n) => new Connection(port, conversation(n)))
  const end = performance.now() + milliseconds
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
  await Promise.all(open.map((connection) => connection.stop()))
  return open.reduce((sum, { answers }) => sum + answers, 0)
}

/** The last answer of a conversation of some requests. */
export function converse(port: number, next: Conversation, requests = 1): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    let left = requests
    const socket = net.connect(port, '127.0.0.1', () => socket.write(next('')))
    socket
      .setEncoding('latin1')
      .once('error', reject)
      .on('data', (chunk: string) => {
        received += chunk
        if (!isWhole(received)) return
        const answer = received
        received = ''
        left--
        if (left > 0) socket.write(next(answer))
        else {
          socket.destroy()
          resolve(answer)
        }
      })
  })
}
