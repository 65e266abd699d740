/** `npm run seeds`: the tests that race or use random data, twenty times with other seeds; `npm run seeds -- 5` five times. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { root, sources } from './sources.js'

const [times = 20] = process.argv.slice(2).map(Number)
const isRandom = /from 'fast-check'|const seed|randomSource\(Date|races\(|from '\.\/(fuzz|throwing|torture)\//
const files = sources('test')
  .filter(({ name, text }) => /^test\/[\w-]+\.test\.ts$/.test(name) && isRandom.test(text))
  .map(({ name }) => path.join('dist', name.replace(/ts$/, 'js')))
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
console.log(`${files.length} files, ${times} times`)
let failed = 0
for (let time = 1; time <= times; time++) {
  const { status, stdout } = spawnSync(process.execPath, [mocha, ...files], { cwd: root, encoding: 'utf8' })
  console.log(`${time}: ${stdout.trimEnd().split('\n').at(-1)}`)
  if (status === 0) continue
  failed++
  console.log(stdout.slice(stdout.lastIndexOf(' failing') - 6))
}
process.exitCode = failed === 0 ? 0 : 1
