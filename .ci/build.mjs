/**
 * Builds without taking anything away from what runs: into a folder of its own, whose files are then renamed into `dist` one by
 * one. A program that runs from `dist` never misses a file or reads half of one, and two builds at once do no harm.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

mkdirSync('dist', { recursive: true })
const folder = mkdtempSync('.dist-')
try {
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', '.', '--outDir', folder], { stdio: 'inherit' })
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const from = path.join(entry.parentPath, entry.name)
    const to = path.join('dist', path.relative(folder, from))
    mkdirSync(path.dirname(to), { recursive: true })
    renameSync(from, to)
  }
} catch (error) {
  if (typeof error.status !== 'number') throw error
  process.exitCode = error.status
} finally {
  rmSync(folder, { recursive: true, force: true })
}
