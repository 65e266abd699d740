/** A PgBouncer in transaction mode before a database, if the machine has one (Debian: `apt-get install pgbouncer`). */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { freePort } from './postgres.js'

/** Whether this machine has a PgBouncer. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0

/** A running pooler. */
export interface Pooler {
  /** Connection string of the database through the pooler. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts a pooler that hands `connections` connections to whoever has a transaction now. */
export async function startPgBouncer(databaseUrl: string, connections = 5): Promise<Pooler> {
  const { hostname, port, pathname } = new URL(databaseUrl)
  const name = pathname.slice(1)
  const listen = await freePort()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'clientele-pgbouncer-'))
  const file = path.join(folder, 'pgbouncer.ini')
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: listen,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: connections,
    max_client_conn: 1000,
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`)
  const target = `${name} = host=${hostname} port=${port} dbname=${name} user=postgres`
  fs.writeFileSync(file, ['[databases]', target, '[pgbouncer]', ...lines, ''].join('\n'))
  // like PostgreSQL, it refuses to run as root
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  if (account.uid) for (const each of [folder, file]) fs.chownSync(each, account.uid, account.gid)
  const child = spawn('pgbouncer', [file], { ...account, stdio: ['ignore', 'ignore', 'pipe'] })
  const exit = once(child, 'exit')
  let log = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('process up')) resolve()
    })
    exit.then(() => reject(new Error(`pgbouncer ended:\n${log}`)), reject)
  })
  return {
    url: `postgres://postgres@127.0.0.1:${listen}/${name}`,
    stop: async () => {
      child.kill('SIGINT')
      await exit
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}
