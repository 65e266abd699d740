/** Records before and after: what a request has changed, property by property. */
import { h, heading, table, tag, valueText } from './dom.js'

const names = {
  customers: 'Customer',
  addresses: 'Address',
  accounts: 'Account',
  mappings: 'ERP mapping',
  socialMediaUsers: 'Social media user',
}

/** Properties by their dotted names; lists are one value. */
export function flat(value, path = []) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path.join('.'), value]]
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, [...path, name]))
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

/** One row for each property of either. */
function differences(before = {}, after = {}) {
  const [old, now] = [new Map(flat(before)), new Map(flat(after))]
  return [...new Set([...old.keys(), ...now.keys()])].map((name) => {
    const [was, is] = [old.get(name), now.get(name)]
    const kind = was === undefined ? 'added' : is === undefined ? 'removed' : same(was, is) ? 'kept' : 'changed'
    return { name, was, is, kind }
  })
}

const row = ({ name, was, is, kind }) =>
  h(
    'tr',
    { class: kind },
    h('th', { scope: 'row' }, name),
    h(
      'td',
      {},
      was === undefined ? h('span', { class: 'quiet' }, '–') : h(kind === 'kept' ? 'span' : 'del', {}, valueText(was)),
    ),
    h(
      'td',
      {},
      is === undefined ? h('span', { class: 'quiet' }, '–') : h(kind === 'kept' ? 'span' : 'ins', {}, valueText(is)),
    ),
  )

function record({ kind, before, after }) {
  const rows = differences(before, after)
  const changed = rows.filter((each) => each.kind !== 'kept')
  const kept = rows.filter((each) => each.kind === 'kept')
  const verb = before === undefined ? 'created' : after === undefined ? 'removed' : 'changed'
  const { customerNo, addressId, id } = after ?? before
  const columns = ['Property', 'Before', 'After']
  return h(
    'section',
    { class: 'record' },
    h(
      'h4',
      {},
      `${names[kind] ?? kind} ${customerNo ?? addressId ?? id ?? ''} `,
      tag(verb, verb === 'removed' ? 'bad' : 'ok'),
    ),
    table(`${verb} properties`, columns, changed.map(row)),
    kept.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, `${kept.length} more as they were`),
        table('properties as they were', columns, kept.map(row)),
      ),
  )
}

/** What a request has changed, or would have. */
export function changesOf({ changes, isDryRun, status, operation, method }) {
  const title = heading(isDryRun ? 'Records it would have changed' : 'Records before and after', 3)
  if (method === 'GET' || method === 'HEAD') return []
  if (changes === undefined) return [title, h('p', { class: 'quiet' }, 'Too large to be shown.')]
  if (changes.length > 0) return [title, ...changes.map(record)]
  const why =
    status >= 400 ? 'Nothing was stored: all of it was rolled back.' : operation ? 'Nothing was different.' : ''
  return why === '' ? [] : [title, h('p', { class: 'quiet' }, why)]
}
