/** .github/CONTRIBUTING.md, Packages: the ranges of optional peers are as wide as they are tested. */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { readText, root } from '../support/sources.js'

const manifest = JSON.parse(readText('package.json')) as {
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const tested: Readonly<Record<string, readonly string[]>> = {
  pg: ['postgres', 'postgres-connections', 'postgres-totals', 'transactions', 'hook-storages'],
  oauth4webapi: ['oauth'],
}

describe('optional peers: the oldest version of a range passes the tests', () => {
  for (const [peer, names] of Object.entries(tested))
    it(`${peer} ${manifest.peerDependencies[peer]}`, function () {
      this.timeout(300_000)
      const oldest = manifest.peerDependencies[peer]?.replace('^', '')
      expect(manifest.devDependencies[`${peer}-oldest`]).to.equal(`npm:${peer}@${oldest}`)
      const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
      const hooks = ['--node-option', 'import=./dist/test/support/oldest-peers.js']
      const files = names.map((name) => `dist/test/${name}.test.js`)
      execFileSync(process.execPath, [mocha, ...hooks, ...files], { cwd: root, stdio: 'pipe' })
    })
})
