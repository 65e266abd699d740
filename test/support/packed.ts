/** The package as npm packs it. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from './sources.js'

const rooms = ['core', 'adapters', 'hooks', 'examples', 'test', '.ci']
const files = ['package.json', 'tsconfig.json', 'README.md', 'LICENSE', 'CHANGELOG.md']
let copy: string | undefined

/**
 * A copy of the repository whose `dist` is what npm packs, made once a process by the script that npm runs for it; what a
 * file in it imports from `clientele` is what users get.
 */
export function packedCopy(): string {
  if (copy === undefined) {
    const folder = mkdtempSync(path.join(tmpdir(), 'clientele-packed-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    for (const name of [...rooms, ...files]) cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
    execFileSync('npm', ['run', '--silent', 'prepack'], { cwd: folder, stdio: 'pipe' })
    copy = folder
  }
  return copy
}

/** Packs the package into a folder; gives the path of the tarball. */
export function pack(folder: string): string {
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  return path.join(folder, execFileSync('npm', args, { cwd: packedCopy(), encoding: 'utf8' }).trim())
}
