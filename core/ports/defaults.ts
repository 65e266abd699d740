/** What stands in for a host that brings no ids and no logger. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Ids, Logger } from './host.js'

/** Random bytes in hex, drawn from the system in blocks: one draw costs as much as the rest of a create. */
function hexMaker(bytes: number): () => string {
  let pool = ''
  let at = 0
  return () => {
    if (at >= pool.length) [pool, at] = [randomBytes(bytes * 256).toString('hex'), 0]
    at += bytes * 2
    return pool.slice(at - bytes * 2, at)
  }
}

/** Random ids. */
export const defaultIds: Ids = {
  hex24: hexMaker(12),
  incident: hexMaker(8),
  customerNumber: () => `C${String(randomInt(10 ** 10)).padStart(10, '0')}`,
}

const line = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
/** Warnings and errors as JSON lines on stderr. */
export const defaultLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: line('warn'),
  error: line('error'),
}
