/** `serve --watch`: the server as a child process, started anew when a file changes that it has loaded. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { unwatchFile, watchFile } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What Node tells of what it loads, if `WATCH_REPORT_DEPENDENCIES` is set; `node --watch` listens to the same. */
interface Report {
  readonly 'watch:import'?: readonly string[]
  readonly 'watch:require'?: readonly (string | null)[]
}

/**
 * Runs this process's own command line without `--watch`, until SIGTERM or SIGINT. Files are polled: what an editor replaces
 * by renaming is noticed the second time too, which `node --watch` misses on Linux. Packages are not watched.
 */
export async function watch(): Promise<void> {
  const files = new Set<string>()
  let child: ChildProcess | undefined
  let ended: 'by itself' | 'by a change' | 'by a signal' = 'by itself'
  const isEnded = (why: typeof ended): boolean => ended === why
  let goOn: () => void = () => undefined
  const end = (why: typeof ended, signal: NodeJS.Signals): void => {
    if (ended !== 'by a signal') ended = why
    child?.kill(signal)
    goOn()
  }
  const follow = (report: Report): void => {
    const urls = (report['watch:import'] ?? []).filter((url) => url.startsWith('file:'))
    for (const file of [...urls.map((url) => fileURLToPath(url)), ...(report['watch:require'] ?? [])]) {
      if (!file || files.has(file) || /[\\/]node_modules[\\/]/.test(file)) continue
      files.add(file)
      watchFile(file, { interval: 200 }, () => isEnded('by itself') && end('by a change', 'SIGTERM'))
    }
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end('by a signal', signal))
  for (;;) {
    ended = 'by itself'
    child = startChild().on('message', follow)
    const [code] = (await once(child, 'close')) as [number | null]
    child = undefined
    // a slip in a plug-in waits for the next change; what no change can mend is the end
    if (isEnded('by itself') && code !== 0 && files.size > 0) {
      console.error('clientele: waiting for a change')
      await new Promise<void>((resolve) => (goOn = resolve))
    }
    if (isEnded('by a change')) continue
    process.exitCode = isEnded('by itself') && code !== 0 ? 1 : 0
    break
  }
  for (const file of files) unwatchFile(file)
}

function startChild(): ChildProcess {
  const args = process.argv.slice(1).filter((each) => each !== '--watch')
  return spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, WATCH_REPORT_DEPENDENCIES: '1' },
  })
}
