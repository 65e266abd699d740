/**
 * Turns `dist` into what is published (npm runs this before it packs): the doors of package.json, the command and the hook
 * scripts' worker, each one file where it was, and what they share in `dist/shared`. Node takes longer to find and read two
 * hundred modules than to run them. Each module is in one file alone, so that all doors share its classes and its state;
 * packages, and what is loaded when it is first needed, stay where they are imported.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { rollup } from 'rollup'

const dist = path.resolve('dist')
const { exports: doors, bin } = JSON.parse(readFileSync('package.json', 'utf8'))
const entries = [
  ...Object.values(doors).flatMap((door) => door.default ?? []),
  ...Object.values(bin),
  // a thread is started from its file
  'dist/hooks/cartridge/worker.js',
].map((file) => path.resolve(file))
/** The name of a module or file, from `dist`. */
const nameOf = (file) => path.relative(dist, file).replaceAll(path.sep, '/')

/** Modules with the maps that the compiler made, and with the place where they stood: there they find files. */
const compiled = {
  name: 'compiled',
  load: (file) => ({ code: readFileSync(file, 'utf8'), map: readFileSync(`${file}.map`, 'utf8') }),
  resolveImportMeta(property, { chunkId, moduleId }) {
    if (property !== 'url') this.error(`${moduleId}: import.meta.${property}`)
    const place = path.posix.relative(path.posix.dirname(chunkId), nameOf(moduleId))
    return `new URL('${place}', import.meta.url).href`
  },
}

const bundle = await rollup({
  input: Object.fromEntries(entries.map((file) => [nameOf(file), file])),
  external: (name) => !name.startsWith('.') && !path.isAbsolute(name),
  plugins: [compiled],
  treeshake: false,
  onLog: (_level, { message }) => {
    throw new Error(message)
  },
})
const { output } = await bundle.write({
  dir: dist,
  entryFileNames: '[name]',
  // a host needs nearly all of core anyway; its container brings a package
  manualChunks: (file) => (/^core\/(?!index|container)/.test(nameOf(file)) ? 'core' : undefined),
  chunkFileNames: ({ name, moduleIds }) => `shared/${name === 'core' ? 'core.js' : nameOf(moduleIds.at(-1))}`,
  hoistTransitiveImports: false,
  minifyInternalExports: false,
  sourcemap: true,
  sourcemapExcludeSources: true,
})

const written = new Set(output.map(({ fileName }) => fileName))
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
  if (/\.js(\.map)?$/.test(name) && !written.has(name.replaceAll(path.sep, '/'))) rmSync(path.join(dist, name))
