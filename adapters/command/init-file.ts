/** Files that `init` writes: made of the package's own examples, so that they are what the tests run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { UsageError } from './command.js'
import { packageFile } from './package-file.js'
import { runsTypeScript } from './server/plugin-files.js'

/** The text of an example. */
export const exampleText = (name: string): string => readFileSync(packageFile(`examples/${name}.ts`), 'utf8')

/** Writes files by their paths, or none: throws a UsageError if one is there. */
export function writeNew(files: Readonly<Record<string, string>>): void {
  for (const file of Object.keys(files))
    if (existsSync(file)) throw new UsageError(`${file} is there already: nothing was written`)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
    console.log(`wrote ${file}`)
  }
}

/** A line that installs what a text imports and its folder does not find; nothing if it finds all. */
export function installLine(text: string, folder: string): readonly string[] {
  const { resolve } = createRequire(path.join(path.resolve(folder), 'any.js'))
  const isMissing = (name: string): boolean => {
    try {
      resolve(name)
      return false
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND'
    }
  }
  const imported = [...text.matchAll(/ from '((?:@[^/']+\/)?[^./'@][^/']*)/g)].map(([, name = '']) => name)
  const missing = [...new Set(imported)].filter((name) => !name.startsWith('node:') && isMissing(name))
  return missing.length > 0 ? [`npm install ${missing.join(' ')}`] : []
}

/** What TypeScript needs and the folder has not, if that was asked for. */
export function typeScriptLines(isAskedFor: boolean): readonly string[] {
  if (!isAskedFor) return []
  const text = existsSync('package.json') ? readFileSync('package.json', 'utf8') : ''
  return [
    ...(runsTypeScript ? [] : [`Node 22.18 or newer, which runs TypeScript; this is ${process.version}`]),
    ...(/"type":\s*"module"/.test(text) ? [] : ['npm pkg set type=module']),
  ]
}

/** Says what to do next. */
export const sayNext = (...lines: readonly string[]): void =>
  console.log(['', 'next:', ...lines.map((line) => `  ${line}`)].join('\n'))
