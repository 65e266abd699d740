/** The repository's own files, for tests that read structure. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder, with a final slash. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A TypeScript source file. */
export interface Source {
  /** From the root, with slashes: `core/model/documents.ts`. */
  readonly name: string
  readonly text: string
  /** What it imports, types too: files by name from the root (`core/model/documents.ts`), packages and `node:` modules as they are written. */
  readonly imports: readonly string[]
}

/** Reads a file by its name from the root. */
export const readText = (name: string): string => readFileSync(path.join(root, name), 'utf8')

/** Whether a file of this name exists. */
export const isFile = (name: string): boolean => existsSync(path.join(root, name))

/** Every TypeScript file below these folders; none for a folder that does not exist. */
export function sources(...folders: readonly string[]): readonly Source[] {
  return folders
    .filter(isFile)
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        path.posix.join(folder, name.replaceAll(path.sep, '/')),
      ),
    )
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .map((name) => source(name))
}

/** One TypeScript file. */
export function source(name: string): Source {
  const text = readText(name)
  return { name, text, imports: importsOf(text).map((target) => resolve(name, target).replace(/\.js$/, '.ts')) }
}

/** A text without its block comments. */
export const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\//g, '')

/** Specifiers of all imports and re-exports in a text; only those that load at once when `dynamic` is false. */
export function importsOf(text: string, dynamic = true): readonly string[] {
  const code = withoutComments(text)
  const loads =
    /^\s*(?:import|export)\s(?:[^'"();]*?\sfrom\s+)?'([^']+)'|^(?:import|export)\s*\{[^}]*\}\s*from\s+'([^']+)'/gm
  const found = [...code.matchAll(loads)].map((match) => match[1] ?? match[2] ?? '')
  if (dynamic) found.push(...[...code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)].map((match) => match[1] ?? ''))
  return [...new Set(found)]
}

/** A specifier as a name from the root; packages stay as they are. */
export function resolve(from: string, specifier: string): string {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(from), specifier) : specifier
}

/** Package of a bare specifier: `koa`, `@koa/router`; undefined for files and `node:` modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('node:') || (specifier.endsWith('.ts') && isFile(specifier))) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}
