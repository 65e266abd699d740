/** A disk whose files fail where a test says so: full, broken or read-only. */
import type { Disk, DiskFile } from '../../adapters/storage/file/disk.js'
import { localDisk } from '../../adapters/storage/file/disk.js'

/** A kind of failure: at these operations on files whose path matches. */
export interface DiskFault {
  readonly at: readonly ('open' | 'write' | 'datasync' | 'sync' | 'truncate')[]
  readonly file: RegExp
  readonly code: 'ENOSPC' | 'EIO'
  /** So often; default always. */
  readonly times?: number
}

/** A real disk with failures that can be switched while it is used. */
export interface FailingDisk extends Disk {
  faults: readonly DiskFault[]
}

/** Makes a disk without faults. A failing write has written half of its bytes. */
export function failingDisk(): FailingDisk {
  const disk: FailingDisk = {
    faults: [],
    open: async (file, flags, mode) => {
      fail('open', file)
      const handle = await localDisk.open(file, flags, mode)
      const through = async <T>(at: DiskFault['at'][number], run: () => Promise<T>): Promise<T> => {
        fail(at, file)
        return run()
      }
      const faulty: Partial<DiskFile> = {
        write: (async (bytes: Uint8Array, offset: number, length: number, position: number) => {
          if (find('write', file)) await handle.write(bytes, offset, length >> 1, position)
          return through('write', () => handle.write(bytes, offset, length, position))
        }) as DiskFile['write'],
        datasync: () => through('datasync', () => handle.datasync()),
        sync: () => through('sync', () => handle.sync()),
        truncate: (length) => through('truncate', () => handle.truncate(length)),
      }
      return new Proxy(handle, {
        get: (target, name) => {
          const own = faulty[name as keyof DiskFile]
          if (own) return own
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    },
  }
  const find = (at: DiskFault['at'][number], file: string): DiskFault | undefined =>
    disk.faults.find((fault) => fault.at.includes(at) && fault.file.test(file) && fault.times !== 0)
  const fail = (at: DiskFault['at'][number], file: string): void => {
    const fault = find(at, file)
    if (fault?.times !== undefined)
      disk.faults = disk.faults.map((each) => (each === fault ? { ...fault, times: (fault.times ?? 0) - 1 } : each))
    if (fault) throw Object.assign(new Error(`${fault.code}: ${at} '${file}'`), { code: fault.code })
  }
  return disk
}
