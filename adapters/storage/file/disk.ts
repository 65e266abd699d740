/** Files that outlive a crash: what is written is synced, names are changed in one step. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import path from 'node:path'

/** An open file, as `node:fs/promises` gives it. */
export type DiskFile = Pick<
  fs.FileHandle,
  'read' | 'write' | 'truncate' | 'datasync' | 'sync' | 'chmod' | 'stat' | 'close'
>

/** Opens files. A test puts one in its place whose files fail. */
export interface Disk {
  open(file: string, flags: string | number, mode?: number): Promise<DiskFile>
}

/** The disk of this machine. */
export const localDisk: Disk = { open: fs.open }

/** Writes all bytes at a place of the file. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; it keeps names by itself.
  if (process.platform === 'win32') return
  const handle = await fs.open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** How a file is made. */
export interface NewFile {
  readonly file: string
  readonly mode: number
  /** Writes what the file holds. */
  readonly fill: (handle: DiskFile) => Promise<void>
  /** Fails with EEXIST if there is such a file; default: it is replaced. */
  readonly isNew?: boolean
}

/**
 * Makes a file in one step: whatever happens, there is the whole new file or what was there before. The name is durable
 * when this resolves.
 */
export async function makeFile(disk: Disk, { file, mode, fill, isNew = false }: NewFile): Promise<void> {
  const temporary = temporaryName(file)
  try {
    const handle = await disk.open(temporary, 'wx', mode)
    try {
      await handle.chmod(mode)
      await fill(handle)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (isNew) await fs.link(temporary, file)
    else await fs.rename(temporary, file)
  } finally {
    await fs.rm(temporary, { force: true })
  }
  await syncFolder(path.dirname(file))
}

/** A name beside a file that nothing else has. */
export const temporaryName = (file: string): string => `${file}.${randomUUID()}.tmp`

/** Names of the files beside this one whose names begin with its name. */
export async function filesBeside(file: string): Promise<string[]> {
  const names = await fs.readdir(path.dirname(file))
  return names
    .filter((name) => name.startsWith(`${path.basename(file)}.`))
    .map((name) => path.join(path.dirname(file), name))
}

/** The path that a file has or will have once symbolic links are followed; its folder is made if need be. */
export async function realFile(file: string): Promise<string> {
  await makeFolder(path.dirname(file))
  const place = path.join(await fs.realpath(path.dirname(file)), path.basename(file))
  for (let target = place, links = 0; links < 40; links++) {
    const link = await fs.readlink(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EINVAL' || error.code === 'ENOENT') return undefined
      throw error
    })
    if (link === undefined) return target
    const next = path.resolve(path.dirname(target), link)
    target = path.join(await fs.realpath(path.dirname(next)), path.basename(next))
  }
  throw new Error(`${file} leads through too many symbolic links`)
}

/** Makes a folder and those around it, for their owner alone. Node's own recursion never ends where a file system says that a folder is not there. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && path.dirname(folder) !== folder) {
      await makeFolder(path.dirname(folder))
      await fs.mkdir(folder, { mode: 0o700 }).catch(ifNoFolder)
    } else await ifNoFolder(error)
  }

  /** Another process may have made it. */
  async function ifNoFolder(error: unknown): Promise<void> {
    const found = await fs.stat(folder).catch(() => undefined)
    if (!found?.isDirectory()) throw error
  }
}
