/**
 * A lock file: one process at a time has the data, and a dead one does not keep it
 * (adapters/storage/README.md, Lock file).
 */
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs/promises'
import os from 'node:os'
import { makeFile, temporaryName, writeAll } from './disk.js'
import type { Disk } from './disk.js'

/** Who has the lock. Boot, namespace and start tell a process apart from any other that ever had its number. */
interface Owner {
  readonly token: string
  readonly pid: number
  readonly host: string
  readonly since: string
  /** Id of the running system, if it has one. */
  readonly boot: string | undefined
  /** Namespace in which `pid` counts. */
  readonly namespace: string | undefined
  /** When the process started, in the system's ticks. */
  readonly start: string | undefined
}

/** A lock that was taken. */
export interface LockFile {
  /** Rejects when the lock is not ours any more. A check that is very fresh is good enough, unless `now` is asked for. */
  assertHeld(now?: boolean): Promise<void>
  /** Gives the lock up, if it is still ours. */
  release(): Promise<void>
}

/** Time between two signs of life, and how long an owner elsewhere may show none, in milliseconds. */
export const heartbeat = { every: 1_000, missing: 5_000 }

/** A check younger than this is good enough, in milliseconds. */
const FRESH = 200

/** Takes the lock or fails, naming the owner. A dead owner's lock is taken over; `warn` says so. */
export async function takeLock(disk: Disk, file: string, warn: (message: string) => void): Promise<LockFile> {
  const me = await self()
  for (let tries = 0; tries < 20; tries++) {
    if (await create(disk, file, me)) return held(file)
    const found = await inspect(file)
    if (!found) continue
    if (await isAlive(found, me, file))
      throw new Error(
        `${file.replace(/\.lock$/, '')} is in use by process ${found.owner?.pid ?? 'unknown'} on ${found.owner?.host ?? 'an unknown host'}` +
          ` since ${found.owner?.since ?? 'an unknown time'} (lock file ${file})`,
      )
    if (await putAside(file, found.text))
      warn(`took over the lock file of process ${found.owner?.pid ?? 'unknown'}, which is gone`)
  }
  throw new Error(`the lock file ${file} keeps changing hands`)
}

async function self(): Promise<Owner> {
  const owner = { token: randomUUID(), pid: process.pid, host: os.hostname(), since: new Date().toISOString() }
  const text = (file: string): Promise<string | undefined> => fs.readFile(file, 'utf8').catch(() => undefined)
  const boot = (await text('/proc/sys/kernel/random/boot_id'))?.trim()
  const namespace = await fs.readlink('/proc/self/ns/pid').catch(() => undefined)
  return { ...owner, boot: boot || undefined, namespace, start: await startOf(process.pid) }
}

/** Start of a process in the system's ticks; undefined if there is none, or the system does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field, the program's name in brackets, may hold blanks and brackets itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** Makes the lock file with its whole content in one step; false if there is one. */
async function create(disk: Disk, file: string, owner: Owner): Promise<boolean> {
  const text = Buffer.from(`${JSON.stringify(owner)}\n`)
  try {
    await makeFile(disk, { file, mode: 0o600, fill: (handle) => writeAll(handle, text, 0), isNew: true })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

interface Found {
  readonly text: string
  /** Undefined if the file does not say. */
  readonly owner: Owner | undefined
}

async function inspect(file: string): Promise<Found | undefined> {
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    const owner = JSON.parse(text) as Owner
    return { text, owner: typeof owner?.pid === 'number' ? owner : undefined }
  } catch {
    return { text, owner: undefined }
  }
}

async function isAlive({ owner }: Found, me: Owner, file: string): Promise<boolean> {
  const isNear = owner?.boot !== undefined && owner.boot === me.boot && owner.namespace === me.namespace
  if (isNear) return (await startOf(owner.pid)) === owner.start
  if (owner && !owner.boot && !me.boot && owner.host === me.host && isGone(owner.pid)) return false
  return showsLife(file)
}

/** Whether there is no such process, on systems that tell no more than that. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Watches for a sign of life; the file's time counts only as something that changes, since clocks differ. */
async function showsLife(file: string): Promise<boolean> {
  const time = async (): Promise<number | undefined> => (await fs.stat(file).catch(() => undefined))?.mtimeMs
  const first = await time()
  for (const end = performance.now() + heartbeat.missing; performance.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    if ((await time()) !== first) return true
  }
  return false
}

/** Moves a dead owner's lock file away; false if it was not the one that was judged, which is then put back. */
async function putAside(file: string, judged: string): Promise<boolean> {
  const aside = temporaryName(file)
  try {
    await fs.rename(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  const isJudged = (await fs.readFile(aside, 'utf8')) === judged
  // Should someone have made a lock meanwhile, the one who lost this one finds that out and stops.
  if (!isJudged) await fs.link(aside, file).catch(() => {})
  await fs.rm(aside, { force: true })
  return isJudged
}

/** Keeps a lock alive that was just taken. */
async function held(file: string): Promise<LockFile> {
  const handle = await fs.open(file, 'r+')
  const { ino, dev } = await handle.stat()
  let checked = performance.now()
  let isLost = false
  const check = async (): Promise<void> => {
    const now = await fs.stat(file).catch(() => undefined)
    if (now?.ino !== ino || now.dev !== dev) isLost = true
    checked = performance.now()
  }
  const beat = setInterval(() => {
    const time = new Date()
    if (!isLost) void check().then(() => handle.utimes(time, time).catch(() => {}))
  }, heartbeat.every)
  beat.unref()
  return {
    assertHeld: async (now = false) => {
      if (!isLost && (now || performance.now() - checked > FRESH)) await check()
      if (isLost) throw new Error(`the lock file ${file} was taken away: another process may have the data now`)
    },
    release: async () => {
      clearInterval(beat)
      if (!isLost) await check()
      if (!isLost) await fs.rm(file, { force: true })
      isLost = true
      await handle.close()
    },
  }
}
