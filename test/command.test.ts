/** `npx clientele` (adapters/command/README.md). */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { UsageError, commandOf, helpOf, helpOfOne, readArguments } from '../adapters/command/command.js'
import { commands } from '../adapters/command/commands.js'
import { environmentOf, serve } from '../adapters/command/serve.js'
import { runsTypeScript } from '../adapters/command/server/plugin-files.js'
import { logLevels } from '../adapters/command/server/settings.js'
import { start } from './support/child.js'
import { send } from './support/http.js'
import { readText, root } from './support/sources.js'

/** Runs a command in this process; gives the lines that it prints, those of stderr begin with `! `. */
async function run(...args: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = []
  const { log, error } = console
  console.log = (text: unknown) => void lines.push(...String(text).split('\n'))
  console.error = (text: unknown) => void lines.push(`! ${String(text)}`)
  try {
    const [command, rest] = commandOf(args, commands)
    await command.run(readArguments(command, rest))
    return lines
  } finally {
    Object.assign(console, { log, error })
  }
}
const refusal = (...args: readonly string[]): Promise<unknown> => run(...args).then(String, (error: unknown) => error)

describe('npx clientele (adapters/command/README.md)', () => {
  let folder: string
  before(async () => {
    // below the package, whose name a file there may import
    folder = await mkdtemp(path.join(root, 'dist', 'command-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('tells what is not there with the nearest name, in one line, with exit code 1', async () => {
    const wrong: Readonly<Record<string, string>> = {
      serv: "there is no command 'serv'; did you mean 'serve'?",
      init: 'there is init hook and init host',
      'init hok vip': "there is no command 'init hok'; did you mean 'init hook'?",
      'serve --prot 3000': "serve has no option '--prot'; did you mean '--port'?",
      'serve -x': "serve has no option '-x'",
      'serve --port': '--port needs a value: --port <number>',
      'serve --port --watch': '--port needs a value: --port <number>',
      'serve --watch=yes': '--watch takes no value',
      'serve mine.mjs': "serve takes no argument, but 'mine.mjs' was given",
      'serve --storage memory:here --watch': "--storage: 'memory' takes nothing behind a colon",
      'init hook': 'init hook needs one name',
      'init hook a b': 'init hook needs one name',
      'init hook ../..': 'init hook needs one name',
      'init host': 'init host needs one of koa, express, fastify, hono, http',
      'init host exppress': "did you mean 'express'?",
      'hooks ./none.mjs': `there is no file ${path.resolve('none.mjs')}`,
      'hooks --cartridge-settings x.json': 'there are no CARTRIDGES',
      'cartridge check': 'cartridge check needs a folder',
      'cartridge chek x': "did you mean 'cartridge check'?",
      'token basic': "token takes ocapi or yaas, not 'basic'",
      'token --url nowhere': "--url: 'nowhere' is no URL",
      'token --url http://127.0.0.1:9': 'no server answers at http://127.0.0.1:9: npx clientele serve, or --url',
    }
    for (const [line, message] of Object.entries(wrong)) {
      const error = line.includes('--storage')
        ? await Promise.resolve()
            .then(() => environmentOf(readArguments(serve, line.split(' ').slice(1))))
            .catch((error: unknown) => error)
        : await refusal(...line.split(' '))
      expect(error, line)
        .to.be.instanceOf(UsageError)
        .with.property('message')
        .that.contains(message)
        .and.not.match(/\n/)
    }
    const child = start('adapters/command/main.js', {}, ['serve', '--port', '80x'])
    expect(await child.ended).to.deep.equal({ code: 1, signal: null })
    expect(child.output()).to.equal("clientele: --port: '80x' is not a number from 0 to 65535\n")
  })

  it('help names every command, and that of a command every option; the page does too', () => {
    const page = readText('adapters/command/README.md')
    const help = helpOf(commands, '1.2.3')
    expect(help).to.match(/^clientele 1\.2\.3/)
    for (const command of commands) {
      const line = command.names ? `${command.name} ${command.names}` : command.name
      expect(help).to.contain(`  ${line}`)
      expect(page).to.contain(`\`${line.replaceAll('|', '\\|')}\``)
      for (const [name, { value, means }] of Object.entries(command.options)) {
        expect(helpOfOne(command))
          .to.contain(value ? `--${name} ${value}` : `--${name}`)
          .and.contain(means)
        expect(page, command.name).to.contain(`--${name}`)
      }
    }
    for (const level of logLevels) expect(helpOfOne(serve)).to.contain(level)
  })

  it('serve: an option stands for the variables of its setting, and overrides them', () => {
    const of = (line: string) => environmentOf(readArguments(serve, line.split(' ')))
    expect(
      of('--port 1 --host h --list a:one --list b --plugin ./a.mjs --plugin ./b.mjs --log-level warn'),
    ).to.deep.equal({
      PORT: '1',
      HOST: 'h',
      CUSTOMER_LISTS: 'a:one,b',
      PLUGINS: './a.mjs,./b.mjs',
      LOG_LEVEL: 'warn',
    })
    expect(of('--cartridge a --cartridge b --cartridge-settings=s.json')).to.deep.equal({
      CARTRIDGES: 'a,b',
      CARTRIDGE_SETTINGS: 's.json',
    })
    const storages: Readonly<Record<string, object>> = {
      memory: { STORAGE: 'memory' },
      'json-file': { STORAGE: 'json-file' },
      'json-file:data/c.json': { STORAGE: 'json-file', DATA_FILE: 'data/c.json' },
      postgres: { STORAGE: 'postgres' },
      'postgres:postgres://u@h/x': { STORAGE: 'postgres', DATABASE_URL: 'postgres://u@h/x' },
      'postgres://u@h/x': { STORAGE: 'postgres', DATABASE_URL: 'postgres://u@h/x' },
      sqlite: { STORAGE: 'sqlite' },
    }
    for (const [text, variables] of Object.entries(storages)) expect(of(`--storage ${text}`)).to.deep.equal(variables)
  })

  it('init hook writes a plug-in and its test, which passes at once; hooks lists it; serve runs it; token gives one', async () => {
    const hook = path.join(folder, 'sub', 'vip')
    const said = await run('init', 'hook', hook)
    expect(said).to.include.members([`wrote ${hook}.mjs`, `  node --test ${hook}.test.mjs`])
    expect(await refusal('init', 'hook', hook))
      .to.be.instanceOf(UsageError)
      .with.property('message')
      .that.contains('is there already: nothing was written')
    const tested = start(path.relative(path.join(root, 'dist'), `${hook}.test.mjs`))
    expect(await tested.ended, tested.output()).to.deep.equal({ code: 0, signal: null })
    expect(tested.output()).to.match(/pass 2$/m)
    const typed = await run('init', 'hook', hook, '--ts')
    const needs = 'Node 22.18 or newer, which runs TypeScript'
    expect(typed.some((line) => line.includes(needs))).to.equal(!runsTypeScript)
    if (runsTypeScript) {
      const other = start(path.relative(path.join(root, 'dist'), `${hook}.test.ts`))
      expect(await other.ended, other.output()).to.deep.equal({ code: 0, signal: null })
    }
    const point = 'dw.ocapi.data.customer_list.customers.beforePOST'
    expect((await run('hooks', `${hook}.mjs`)).slice(0, 2)).to.deep.equal([point, `  1. vip (${hook}.mjs)`])

    const args = ['serve', '--port', '0', '--storage', 'memory', '--list', 'shop:shop', '--plugin', `${hook}.mjs`]
    const server = start('adapters/command/main.js', { PORT: '1', CUSTOMER_LISTS: 'other' }, args)
    try {
      const [, url = ''] = await server.printed(/listening on (\S+)/)
      const [text = '', exported] = await run('token', '--url', url)
      expect(exported).to.equal(`! export TOKEN=${text}`)
      const request = {
        path: '/s/-/dw/data/v16_2/customer_lists/shop/customers',
        headers: { Authorization: `Bearer ${text}` },
        json: { job_title: 'bowler', credentials: { login: 'dude' } },
      }
      expect((await send(url, request)).text).to.contain('COMPANY_MISSING')
      const [yaas] = await run('token', 'yaas', '--url', url, '--tenant', 'shop')
      const customers = {
        path: '/hybris/cecentercustomer/v1/shop/customers',
        headers: { Authorization: `Bearer ${yaas}` },
      }
      expect((await send(url, customers)).json()).to.deep.equal([])
      expect(await refusal('token', 'yaas', '--url', url, '--tenant', 'none'))
        .to.have.property('message')
        .that.contains('The tenant is not known')
    } finally {
      await server.stop()
    }
  })

  it('cartridge check lists what runs, and exits with 1 if something cannot, with its line', async () => {
    const example = 'examples/cartridge/app_example'
    const fine = await run('cartridge', 'check', path.join(root, example))
    expect(process.exitCode).to.equal(undefined)
    expect(fine).to.include.members([
      '    dw.ocapi.data.customer_list.customers.beforePOST: ./hooks/customers.js',
      '    service crm',
      'All that is meant for customers runs here.',
    ])
    expect(fine.join('\n')).to.match(/^ {4}dw\/system\/Status: cartridge\/.*customers\.js:3, ERROR :9, addDetail :10$/m)
    const settings = path.join(folder, 'settings.json')
    await writeFile(settings, '{ "services": {} }')
    const line = /^ {4}.*customer\.js:10: the host names no service 'crm'$/m
    for (const args of [[path.join(root, example), '--cartridge-settings', settings], [path.join(folder, 'none')]]) {
      const found = (await run('cartridge', 'check', ...args)).join('\n')
      expect(process.exitCode, found).to.equal(1)
      process.exitCode = undefined
      expect(found)
        .to.match(args.length > 1 ? line : /^ {4}.*there is no folder .*\/none$/m)
        .and.match(/^Cannot run here: 1\.$/m)
    }
  })

  it('init host writes the examples of the repository, which are JavaScript as they stand', async () => {
    const home = process.cwd()
    process.chdir(folder)
    try {
      for (const [host, example] of [
        ['koa', 'koa'],
        ['express', 'express'],
        ['fastify', 'fastify'],
        ['hono', 'hono'],
        ['http', 'plain-http'],
      ] as const) {
        await run('init', 'host', host)
        await run('init', 'host', host, '--ts')
        for (const ending of ['mjs', 'ts'])
          expect(await readFile(`${host}.${ending}`, 'utf8')).to.equal(readText(`examples/${example}.ts`))
        await promisify(execFile)(process.execPath, ['--check', `${host}.mjs`])
      }
    } finally {
      process.chdir(home)
    }
  })
})
