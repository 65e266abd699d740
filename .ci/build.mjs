/**
 * Builds without taking anything away from what runs: into a folder of its own, whose files are then renamed into `dist` one by
 * one. A program that runs from `dist` never misses a file or reads half of one, and two builds at once do no harm. Only tests go
 * with their sources.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const { exports: doors } = JSON.parse(readFileSync('package.json', 'utf8'))
const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8'))
const sourceOf = (compiled) => compiled.replace('./dist/', '../').replace(/\.js$/, '.ts')

const filesIn = (place) =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)))
const isTest = (file) => file.startsWith(`test${path.sep}`)

const folder = mkdtempSync('.dist-')
try {
  const config = path.join(folder, 'tsconfig.json')
  // the compiler finds doors of the package in `dist`, which a fresh clone has not
  const paths = Object.entries(doors)
    .filter(([, door]) => typeof door === 'object')
    .map(([name, door]) => [name.replace('.', 'clientele'), [sourceOf(door.default)]])
  const compilerOptions = { rootDir: '..', outDir: '.', paths: Object.fromEntries(paths) }
  const rooms = include.map((room) => `../${room}`)
  writeFileSync(config, JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include: rooms }))
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', config], { stdio: 'inherit' })
  rmSync(config)
  const made = filesIn(folder)
  for (const file of made) {
    mkdirSync(path.dirname(path.join('dist', file)), { recursive: true })
    renameSync(path.join(folder, file), path.join('dist', file))
  }
  // a test whose source is gone would run for ever
  for (const file of filesIn('dist')) if (isTest(file) && !made.includes(file)) rmSync(path.join('dist', file))
} catch (error) {
  if (typeof error.status !== 'number') throw error
  process.exitCode = error.status
} finally {
  rmSync(folder, { recursive: true, force: true })
}
