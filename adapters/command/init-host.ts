/** `npx clientele init host <host>`: a file that serves the APIs in a host, ready to run. */
import { nearest } from '../../core/model/setup-error.js'
import { UsageError } from './command.js'
import type { Command } from './command.js'
import { exampleText, installLine, sayNext, typeScriptLines, writeNew } from './init-file.js'

/** Hosts, with the example that is written and the prefix that it serves the APIs below. */
const hosts: Readonly<Record<string, { readonly example: string; readonly prefix?: string }>> = {
  koa: { example: 'koa' },
  express: { example: 'express', prefix: '/shop' },
  fastify: { example: 'fastify' },
  hono: { example: 'hono' },
  http: { example: 'plain-http' },
}

/** The command. */
export const initHost: Command = {
  name: 'init host',
  names: Object.keys(hosts).join('|'),
  about: 'writes <host>.mjs, which serves the APIs in that host',
  options: { ts: { means: 'writes TypeScript, which Node runs from 22.18 on' } },
  async run({ names: [name = '', ...more], options }) {
    const host = Object.hasOwn(hosts, name) ? hosts[name] : undefined
    if (!host || more.length > 0) {
      const hint = name === '' ? '' : `; did you mean '${nearest(name, Object.keys(hosts))}'?`
      throw new UsageError(`init host needs one of ${Object.keys(hosts).join(', ')}${hint}`)
    }
    const file = `${name}.${options.has('ts') ? 'ts' : 'mjs'}`
    const text = exampleText(host.example)
    writeNew({ [file]: text })
    const url = `http://127.0.0.1:3000${host.prefix ?? ''}/dw/data/v16_2/customer_lists/SiteGenesis`
    sayNext(
      ...typeScriptLines(options.has('ts')),
      ...installLine(text, '.'),
      `node ${file}`,
      `curl -H 'Authorization: Bearer my-token' ${url}`,
    )
  },
}
