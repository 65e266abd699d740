/** The house as .github/CONTRIBUTING.md draws it: rooms, arrows, one-file rules and doors. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import {
  importsOf,
  isFile,
  packageOf,
  readText,
  resolve,
  root,
  sources,
  withoutComments,
  type Source,
} from './support/sources.js'

interface Manifest {
  readonly files: readonly string[]
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const manifest = JSON.parse(readText('package.json')) as Manifest
const publishedTests = [
  ...['testing', 'storage-contract', 'random-queries', 'faulty-storage', 'hook-kit'].map((name) => `test/${name}.ts`),
  ...sources('test/storage-contract').map(({ name }) => name),
]
const library = sources('core', 'adapters', 'hooks')
/** The room of the host that ships: `npx clientele`. */
const command = 'adapters/command'
const adapters = sources('adapters').filter(({ name }) => !name.startsWith(`${command}/`))
const published = [...library, ...sources('test').filter(({ name }) => publishedTests.includes(name))]
const everything = sources('core', 'adapters', 'hooks', 'examples', 'test')

/** Lines `file: import` of the imports that a rule refuses. */
const refused = (files: readonly Source[], allows: (target: string, file: Source) => boolean): readonly string[] =>
  files.flatMap((file) =>
    file.imports.filter((target) => !allows(target, file)).map((target) => `${file.name}: ${target}`),
  )

const inFolder =
  (...folders: readonly string[]) =>
  (name: string): boolean =>
    folders.some((folder) => name.startsWith(`${folder}/`))

describe('architecture: rooms (.github/CONTRIBUTING.md, Rooms)', () => {
  it('has nothing at the top level but the rooms and the files of every package', () => {
    const made = readText('.gitignore').split('\n')
    const rooms = ['core', 'adapters', 'hooks', 'examples', 'test']
    const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE', 'CHANGELOG.md']
    const found = readdirSync(root).filter(
      (name) => !name.startsWith('.') && !made.includes(name) && !name.endsWith('.tgz'),
    )
    expect(found.filter((name) => ![...rooms, ...files].includes(name))).to.deep.equal([])
  })

  it('names files with lower-case words and hyphens, and none of them utils', () => {
    const odd = everything.filter(
      ({ name }) => !/^[a-z0-9/-]+(\.(test|check|bench))?\.ts$/.test(name) || /util|helper/.test(name),
    )
    expect(odd.map(({ name }) => name)).to.deep.equal([])
  })
})

describe('architecture: arrows of imports (examples → hooks, adapters → core)', () => {
  it('core imports itself, node: and the packages that one of its files owns', () => {
    const packages = ['tsyringe', 'reflect-metadata', 'ajv', 'ajv-formats', 'ajv-draft-04', 're2js']
    const allows = (target: string): boolean =>
      inFolder('core')(target) || target.startsWith('node:') || packages.includes(packageOf(target) ?? '')
    expect(refused(sources('core'), allows)).to.deep.equal([])
  })

  it('core knows no HTTP', () => {
    const network = ['node:http', 'node:https', 'node:http2', 'node:net', 'node:tls']
    expect(refused(sources('core'), (target) => !network.includes(target))).to.deep.equal([])
  })

  it('adapters import core and adapters; hooks import core and hooks; a cartridge alone may use the OCAPI field tables', () => {
    const outside = (target: string): boolean => target.startsWith('node:') || packageOf(target) !== undefined
    expect(refused(adapters, (target) => outside(target) || inFolder('core', 'adapters')(target))).to.deep.equal([])
    const allowsHook = (target: string, file: Source): boolean =>
      outside(target) ||
      inFolder('core', 'hooks')(target) ||
      (inFolder('hooks/cartridge')(file.name) &&
        /^adapters\/(http\/(field|field-table)|ocapi\/documents)\.ts$/.test(target))
    expect(refused(sources('hooks'), allowsHook)).to.deep.equal([])
  })

  it('adapters and hooks use the parts of core they need, never its door', () => {
    const doors = ['core/index.ts', 'core/container.ts']
    expect(refused([...adapters, ...sources('hooks')], (target) => !doors.includes(target))).to.deep.equal([])
  })

  it('adapters/command alone imports every room; nothing published imports it, and no door is in it', () => {
    const others = published.filter(({ name }) => !inFolder(command)(name))
    expect(refused(others, (target) => !inFolder(command)(target))).to.deep.equal([])
    const entries = Object.values(manifest.exports).map((target) => (typeof target === 'string' ? '' : target.default))
    expect(entries.filter((entry) => entry.startsWith(`./dist/${command}/`))).to.deep.equal([])
  })

  it('published test files import core, themselves and node: alone, and the hook kit what it serves requests with', () => {
    const allows = (target: string, file: Source): boolean =>
      inFolder('core')(target) ||
      target.startsWith('node:') ||
      publishedTests.includes(target) ||
      (file.name === 'test/hook-kit.ts' && inFolder('adapters')(target))
    expect(
      refused(
        published.filter(({ name }) => inFolder('test')(name)),
        allows,
      ),
    ).to.deep.equal([])
  })

  it('nothing published imports examples', () => {
    expect(refused(published, (target) => !inFolder('examples')(target))).to.deep.equal([])
  })
})

describe('architecture: no circles, one direction (core/README.md, Floors)', () => {
  const imported = (name: string): readonly string[] =>
    (library.find((file) => file.name === name)?.imports ?? []).filter((target) =>
      library.some((file) => file.name === target),
    )

  it('no files of core, adapters and hooks import each other in a circle, types included', () => {
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (name: string, way: readonly string[]): void => {
      const at = way.indexOf(name)
      if (at >= 0) circles.push([...way.slice(at), name].join(' -> '))
      if (at >= 0 || done.has(name)) return
      for (const target of imported(name)) visit(target, [...way, name])
      done.add(name)
    }
    for (const { name } of library) visit(name, [])
    expect(circles).to.deep.equal([])
  })

  it('a floor of core imports only the floors under it', () => {
    const floors = [...readText('core/README.md').matchAll(/^\| \[(\w+)\]\(\1\) \|/gm)].map((match) => match[1] ?? '')
    expect(floors).to.have.members(
      readdirSync(path.join(root, 'core'), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      ),
    )
    const floorOf = (name: string): number => {
      const folder = /^core\/(\w+)\//.exec(name)?.[1]
      return folder === undefined ? floors.length : floors.indexOf(folder)
    }
    const allows = (target: string, file: Source): boolean =>
      !inFolder('core')(target) || floorOf(target) <= floorOf(file.name)
    expect(refused(sources('core'), allows)).to.deep.equal([])
  })

  it('at most eight files lie flat in core', () => {
    const flat = sources('core').filter(({ name }) => name.split('/').length === 2)
    expect(flat.length).to.be.at.most(8)
  })

  it('the core names no flavour, but for the names of the extension points', () => {
    const named = sources('core').filter(({ text }) =>
      /\b(ocapi|yaas)\b/i.test(withoutComments(text).replaceAll('dw.ocapi.data', '').replaceAll('deletedInYaaS', '')),
    )
    expect(named.map(({ name }) => name)).to.deep.equal([])
  })
})

describe('architecture: size', () => {
  it('no file of core, adapters and hooks is longer than 300 lines', () => {
    const long = library.filter(({ text }) => text.trimEnd().split('\n').length > 300)
    expect(long.map(({ name }) => name)).to.deep.equal([])
  })

  it('no file of tests and examples is longer than 500 lines: what is has more than one topic', () => {
    const long = sources('test', 'examples').filter(({ text }) => text.trimEnd().split('\n').length > 500)
    expect(long.map(({ name }) => name)).to.deep.equal([])
  })

  it('functions of at most 40 lines are a rule of the linter', () => {
    const { rules } = JSON.parse(readText('.oxlintrc.json')) as { readonly rules: Readonly<Record<string, unknown>> }
    expect(rules['max-lines-per-function']).to.deep.equal([
      'error',
      { max: 40, skipBlankLines: true, skipComments: true },
    ])
  })

  it('few assertions go by unknown or never', () => {
    const count = library.flatMap(({ text }) => text.match(/\bas (?:never|unknown as)\b/g) ?? []).length
    expect(count).to.be.at.most(12)
  })
})

describe('architecture: one-file rules', () => {
  const owners: Readonly<Record<string, RegExp>> = {
    tsyringe: /^core\/container\.ts$/,
    'reflect-metadata': /^core\/container\.ts$/,
    ajv: /^core\/(model\/validation|rules\/foreign-schema)\.ts$/,
    'ajv-formats': /^core\/rules\/foreign-schema\.ts$/,
    'ajv-draft-04': /^core\/rules\/foreign-schema\.ts$/,
    koa: /^adapters\/(http\/koa\.ts$|command\/)/,
    '@koa/router': /^adapters\/http\/route-matcher\.ts$/,
    'koa-body': /^adapters\/http\/koa\.ts$/,
    jose: /^adapters\/(oauth\/jwt|command\/server\/token-endpoints)\.ts$/,
    oauth4webapi: /^adapters\/oauth\/introspection\.ts$/,
    saxes: /^adapters\/ocapi\/xml\.ts$/,
    pg: /^adapters\/storage\/postgres\//,
    pino: /^adapters\/command\/server\/log\.ts$/,
    'pino-pretty': /^adapters\/command\/server\/log\.ts$/,
    'prom-client': /^adapters\/metrics\/index\.ts$/,
  }

  it('each package is known to its one file', () => {
    const allows = (target: string, file: Source): boolean => {
      const owner = owners[packageOf(target) ?? '']
      return owner === undefined || owner.test(file.name)
    }
    expect(refused(library, allows)).to.deep.equal([])
    for (const single of ['re2js', 'lowdb'])
      expect(
        library.filter(({ imports }) => imports.some((target) => packageOf(target) === single)).length,
        `files that import ${single}`,
      ).to.be.at.most(1)
  })

  it('flavours and doors know no package but the XML reader, and Koa where it is the door', () => {
    const folders = adapters.flatMap(({ name }) => (name.endsWith('/profile.ts') ? [path.posix.dirname(name)] : []))
    expect(folders).to.include.members(['adapters/ocapi', 'adapters/yaas'])
    const files = adapters.filter(
      ({ name }) => inFolder('adapters/http', ...folders)(name) && !/\/(koa|route-matcher)\.ts$/.test(name),
    )
    expect(refused(files, (target) => [undefined, 'saxes'].includes(packageOf(target)))).to.deep.equal([])
  })

  it('SQL stands in storages alone', () => {
    const sql =
      /\b(select\s[^]{1,200}?\sfrom\s+\w|insert\s+into\s+\w|delete\s+from\s+\w|create\s+(table|index)\b|update\s+\w+\s+set\b)/
    const strings = (text: string): string => (text.match(/`[^`]*`|'[^'\n]*'/g) ?? []).join('\n').toLowerCase()
    const found = library.filter(({ name, text }) => !inFolder('adapters/storage')(name) && sql.test(strings(text)))
    expect(found.map(({ name }) => name)).to.deep.equal([])
  })

  it('every package that the library imports is a dependency or an optional peer, and every one of those is imported', () => {
    const used = new Set(published.flatMap(({ imports }) => imports.flatMap((target) => packageOf(target) ?? [])))
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    expect([...used]).to.have.members(declared)
  })
})

describe('architecture: doors load nothing that belongs to another door', () => {
  const doors = Object.entries(manifest.exports).flatMap(([door, target]) =>
    typeof target === 'string' ? [] : [{ door, entry: target.default.replace(/^\.\//, '') }],
  )
  /** Every compiled file and package that importing this one loads at once. */
  const loaded = (name: string, seen = new Set<string>()): ReadonlySet<string> => {
    if (seen.has(name)) return seen
    seen.add(name)
    if (!name.startsWith('dist/')) return seen
    for (const target of importsOf(readText(name), false)) loaded(resolve(name, target), seen)
    return seen
  }

  it('each door has its source file', () => {
    const source = (entry: string): string => entry.replace(/^dist\//, '').replace(/\.js$/, '.ts')
    expect(doors.filter(({ entry }) => !isFile(source(entry))).map(({ door }) => door)).to.deep.equal([])
  })

  it('importing a door loads no other door and no folder of another door, but for the field tables that cartridges may use', () => {
    const tables = 'dist/adapters/ocapi/documents.js'
    const wrong = doors.flatMap(({ door, entry }) => {
      const others = doors.filter((other) => other.door !== door && other.door !== './testing')
      return [...loaded(entry)]
        .filter((name) => others.some((other) => owns(other.entry, name)) && !owns(entry, name))
        .filter((name) => door !== './cartridge' || name !== tables)
        .map((name) => `${door}: ${name}`)
    })
    expect(wrong).to.deep.equal([])
  })

  it('heavy packages are loaded where they are first needed, not by a door', () => {
    const light = ['tsyringe', 'reflect-metadata', 'koa', '@koa/router']
    const heavy = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].filter(
      (name) => !light.includes(name),
    )
    const wrong = doors.flatMap(({ door, entry }) =>
      [...loaded(entry)].filter((name) => heavy.includes(packageOf(name) ?? '')).map((name) => `${door}: ${name}`),
    )
    expect(wrong).to.deep.equal([])
  })

  it('no door but its own loads Koa, not through a package either', () => {
    for (const { door, entry } of doors.filter((one) => one.door !== './koa')) {
      const script = `require(${JSON.stringify(path.join(root, entry))}); console.log(Object.keys(require.cache).join('\\n'))`
      const files = execFileSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })
      expect(files, door).to.not.match(/node_modules\/(koa|koa-body)\//)
    }
    expect(loaded('dist/adapters/http/koa.js')).to.include('koa')
  })

  it('every door can be required, so nothing published awaits at its top level', () => {
    const script = `for (const door of ${JSON.stringify(doors.map(({ entry }) => path.join(root, entry)))}) require(door)`
    execFileSync(process.execPath, ['--no-warnings', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  })

  /** A door owns its entry, and its folder if the entry is an index of an adapter. */
  function owns(entry: string, name: string): boolean {
    return (
      name === entry ||
      (entry.endsWith('/index.js') && !entry.includes('/core/') && name.startsWith(path.posix.dirname(entry) + '/'))
    )
  }
})

describe('architecture: published files', () => {
  it('every export has a doc comment', () => {
    const bare = published.flatMap(({ name, text }) => {
      const lines = text.split('\n')
      const documented = new Set<string>()
      return lines.flatMap((line, index) => {
        const match = /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|type|interface) (\w+)/.exec(
          line,
        )
        if (!match?.[1] || documented.has(match[1])) return []
        documented.add(match[1])
        return lines[index - 1]?.trimEnd().endsWith('*/') ? [] : [`${name}:${index + 1} ${match[1]}`]
      })
    })
    expect(bare).to.deep.equal([])
  })

  it('export by name, and silence no check', () => {
    const loose =
      /^export default|\bas any\b|: any\b|@ts-ignore|@ts-expect-error|oxlint-disable|eslint-disable|\benum \w+ \{|\bnamespace \w+ \{/m
    const found = library.filter(({ name, text }) => !inFolder('hooks')(name) && loose.test(withoutComments(text)))
    expect(found.map(({ name }) => name)).to.deep.equal([])
  })
})
