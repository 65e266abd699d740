/** Files with data of customers are their owner's alone; one that was found open to others stays so, and is told. */
import { stat } from 'node:fs/promises'

/** Warns, with the file's name, of a file that other users of this machine may read or write. */
export async function warnIfOpen(
  file: string,
  warn: (message: string, fields: { file: string }) => void,
): Promise<void> {
  // Windows has other rights than these
  if (process.platform === 'win32') return
  const found = await stat(file).catch(() => undefined)
  if (found && (found.mode & 0o077) !== 0)
    warn(`${file} is open to other users of this machine (mode ${(found.mode & 0o777).toString(8)}): chmod 600`, {
      file,
    })
}
