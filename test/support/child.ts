/** Programs of ours as child processes: started, waited for by what they print, stopped by their pid. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endIdleConnections } from './http.js'

/** How a child process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A running program. */
export interface Child {
  readonly pid: number
  /** All that it wrote so far, standard output and standard error in order of arrival. */
  output(): string
  /** Resolves with the first match in the output so far or to come; rejects when the program ends or 50 s pass without one. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
  /** Sends a signal (default SIGTERM) and waits for the end; kills it after `patience` ms, default 10,000. */
  stop(signal?: NodeJS.Signals, patience?: number): Promise<Ended>
}

/** An example server that answers. */
export interface ServerChild extends Child {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
}

/** Settings for the child alone; an undefined one is removed from what it inherits. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Runs a compiled program: `start('examples/server.js')` is `dist/examples/server.js`. */
export function start(program: string, environment: Environment = {}, args: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(`../../${program}`, import.meta.url))
  return startIn(process.cwd(), process.execPath, ['--enable-source-maps', file, ...args], environment)
}

/** Runs any program in a folder: `startIn(folder, 'npm', ['start'])`. */
export function startIn(cwd: string, program: string, args: readonly string[], environment: Environment = {}): Child {
  const env = { ...process.env, ...environment }
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (const listener of listeners) listener()
    })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return {
    pid: child.pid ?? 0,
    output: () => text,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const finish = (act: () => void): void => {
          listeners.delete(look)
          clearTimeout(timer)
          act()
        }
        const look = (): void => {
          const match = pattern.exec(text)
          if (match) finish(() => resolve(match))
        }
        const give = (why: string): void =>
          finish(() => reject(new Error(`${program} ${why} without printing ${pattern}:\n${text}`)))
        const timer = setTimeout(() => give('ran 50 s'), 50_000)
        listeners.add(look)
        look()
        ended.then(() => (look(), give('ended')), reject)
      }),
    ended,
    async stop(signal = 'SIGTERM', patience = 10_000) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), patience)
      try {
        return await ended
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/**
 * Starts the example server on a free port, in memory if nothing else is said, and resolves when it listens. `stop` ends the
 * idle connections of `send` first.
 */
export async function startServer(environment: Environment = {}): Promise<ServerChild> {
  const child = start('examples/server.js', { PORT: '0', HOST: undefined, STORAGE: 'memory', ...environment })
  const match = await child.printed(/listening on (https?:\/\/\S+)/)
  const stop: Child['stop'] = (...how) => {
    endIdleConnections()
    return child.stop(...how)
  }
  return { ...child, origin: match[1] as string, stop }
}
