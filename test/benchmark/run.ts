/** `npm run bench -- json-file`: runs the cases that are named, or all. Prints figures; compare those of one run only. */
import { benchmarkHttp } from './http.js'
import { benchmarkJsonFile } from './json-file.js'

const cases: Readonly<Record<string, () => Promise<void>>> = {
  http: benchmarkHttp,
  'json-file': benchmarkJsonFile,
}

const names = process.argv.slice(2)
for (const name of names.length > 0 ? names : Object.keys(cases)) {
  const run = cases[name]
  if (!run) throw new Error(`no case ${name}; there are ${Object.keys(cases).join(', ')}`)
  console.log(`\n${name}`)
  await run()
}
