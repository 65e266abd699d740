/** Loaded by `node --import`: optional peers come in the oldest version of their range, which is installed as `<name>-oldest`. */
import { register } from 'node:module'

const named = new URL('./oldest-pg.js', import.meta.url).href
const hooks = `
const peers = ['pg', 'oauth4webapi']
export const resolve = (name, context, next) => {
  // tests import what the oldest version does not name, the library does not
  if (name === 'pg' && context.parentURL?.includes('/dist/test/')) return { url: ${JSON.stringify(named)}, shortCircuit: true }
  return next(peers.includes(name) ? name + '-oldest' : name, context)
}`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
