/** `npx clientele init hook <name>`: a plug-in and its test, which passes at once. */
import path from 'node:path'
import { UsageError } from './command.js'
import type { Command } from './command.js'
import { exampleText, installLine, sayNext, typeScriptLines, writeNew } from './init-file.js'

/** The command. */
export const initHook: Command = {
  name: 'init hook',
  names: '<name>',
  about: 'writes a plug-in <name>.mjs and its test, which passes at once',
  options: { ts: { means: 'writes TypeScript, which Node runs from 22.18 on' } },
  async run({ names: [given, ...more], options }) {
    const { dir: folder, base: name } = path.parse(given ?? '')
    if (!/^[a-z][\w-]*$/i.test(name) || more.length > 0)
      throw new UsageError('init hook needs one name, of letters, digits and hyphens: npx clientele init hook vip')
    const ending = options.has('ts') ? 'ts' : 'mjs'
    const [file, test] = [path.join(folder, `${name}.${ending}`), path.join(folder, `${name}.test.${ending}`)]
    const text = exampleText('plugin').replace("name: 'companies'", `name: '${name}'`)
    const testText = exampleText('plugin-test')
      .replace("import companies from './plugin.js'", `import plugin from './${name}.${ending}'`)
      .replaceAll('hookKit(companies)', 'hookKit(plugin)')
    writeNew({ [file]: text, [test]: testText })
    sayNext(
      ...typeScriptLines(options.has('ts')),
      ...installLine(text, folder),
      `node --test ${test}`,
      `npx clientele serve --plugin ${file} --watch`,
    )
  },
}
