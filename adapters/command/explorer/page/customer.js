/** One customer from all sides: field by field, as both APIs show it, as it is stored. */
import { apiName, code, h, heading, table, valueText } from './dom.js'
import { about, ask, chosen, listOf } from './server.js'

const none = () => h('span', { class: 'quiet' }, '–')

const text = (value) => h('span', {}, valueText(value))

/** What an API calls a property; its value where it is another one than the stored. */
function cell(fields, stored) {
  if (fields === undefined || fields.length === 0) return h('td', {}, none())
  const differs = (value) => valueText(value) !== valueText(stored)
  return h(
    'td',
    {},
    fields.map(({ name, value }) => h('div', { class: 'field' }, h('code', {}, name), differs(value) && text(value))),
  )
}

function mappingTable(caption, mapping) {
  const row = ({ domain, value, shown }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, domain === undefined ? h('i', { class: 'quiet' }, 'computed') : h('code', {}, domain)),
      h('td', {}, domain === undefined ? none() : text(value)),
      about.apis.map((api) => cell(shown[api], value)),
    )
  return table(caption, ['Stored property', 'Value', ...about.apis.map(apiName)], mapping.map(row))
}

function sides({ shown, stored, hasPassword }) {
  const panes = [
    ...about.apis.map((api) => [apiName(api), shown[api]]),
    ['Stored', { ...stored.customer, ...(hasPassword && { secret: '(a password hash, which is never shown)' }) }],
  ]
  return h(
    'div',
    { class: 'sides' },
    panes.map(([name, document]) => h('section', {}, heading(name, 3), code(document, `The customer as ${name}`))),
  )
}

function others({ addresses, stored }) {
  const kept = [
    ['Accounts at other providers', stored.accounts],
    ['ERP mappings', stored.mappings],
  ].filter(([, records]) => records.length > 0)
  return [
    addresses.length > 0 && heading('Addresses', 2),
    ...addresses.map(({ addressId, mapping }) =>
      h('details', {}, h('summary', {}, addressId), mappingTable(`Address ${addressId}, field by field`, mapping)),
    ),
    ...kept.flatMap(([name, records]) => [heading(name, 2), code(records, name)]),
  ].filter(Boolean)
}

/** The view of `#/customer/{list}/{number}`. */
export async function customer([list, number]) {
  chosen.list = listOf(list) ?? chosen.list
  const found = await ask('customer', { list: chosen.list.id, no: number })
  if (!found)
    return {
      elements: [heading('Nobody has this number'), h('p', {}, h('a', { href: '#/customers' }, 'All customers'))],
    }
  const { customerNo, firstName, lastName } = found.stored.customer
  chosen.customerNo = customerNo
  const name = [firstName, lastName].filter(Boolean).join(' ')
  return {
    elements: [
      h('p', { class: 'back' }, h('a', { href: '#/customers' }, '← All customers')),
      heading(name === '' ? customerNo : `${name}, ${customerNo}`),
      h(
        'p',
        { class: 'buttons' },
        h('a', { class: 'button', href: '#/try/ocapi/updateCustomer' }, 'Change through OCAPI'),
        chosen.list.tenant && h('a', { class: 'button', href: '#/try/yaas/updateCustomer' }, 'Change through YaaS'),
      ),
      heading('Field by field', 2),
      h(
        'p',
        { class: 'quiet' },
        'One record, and what each API calls its properties. A dash: the API keeps the property without showing it.',
      ),
      h('div', { class: 'panel' }, mappingTable('The customer, field by field', found.mapping)),
      heading('Side by side', 2),
      sides(found),
      ...others(found),
    ],
  }
}
