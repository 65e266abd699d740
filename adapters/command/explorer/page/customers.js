/** The customers of a list as a table that can be searched. */
import { count, h, heading, table } from './dom.js'
import { about, ask, chosen, listOf } from './server.js'

const nameOf = ({ firstName, secondName, lastName }) => [firstName, secondName, lastName].filter(Boolean).join(' ')

/** The address of a customer's view. */
export const customerLink = (list, customerNo) =>
  `#/customer/${encodeURIComponent(list)}/${encodeURIComponent(customerNo)}`

function row({ customerNo, email, companyName, credentials, lastModified, ...customer }) {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, h('a', { href: customerLink(chosen.list.id, customerNo) }, customerNo)),
    h('td', {}, nameOf(customer)),
    h('td', {}, email ?? ''),
    h('td', {}, companyName ?? ''),
    h('td', {}, credentials.login ?? ''),
    h('td', {}, new Date(lastModified).toLocaleString()),
  )
}

function pager(total, page, go) {
  const pages = Math.ceil(total / about.pageSize)
  if (pages < 2) return []
  const button = (label, to) =>
    h('button', { type: 'button', disabled: to < 1 || to > pages, click: () => go(to) }, label)
  return h(
    'p',
    { class: 'buttons' },
    button('Newer', page - 1),
    h('span', {}, `Page ${page} of ${pages}`),
    button('Older', page + 1),
  )
}

/** A choice of the list, where there are several. */
export function listChoice(changed) {
  if (about.lists.length < 2) return []
  const choose = ({ target }) => {
    chosen.list = listOf(target.value)
    changed()
  }
  const options = about.lists.map(({ id, tenant }) =>
    h('option', { value: id, selected: id === chosen.list.id }, tenant ? `${id} (tenant ${tenant})` : id),
  )
  return h('label', {}, 'Customer list', h('select', { change: choose }, options))
}

/** What was found, or why not. */
function shown(found, search, page, go) {
  if (found.message) return [h('p', { class: 'empty' }, `This cannot be searched: ${found.message}`)]
  const total = h('p', { class: 'quiet', role: 'status' }, count(found.total, 'customer'))
  const nothing = search
    ? 'Nobody has all of these words.'
    : 'Nobody yet. The sample customers are one click away, on the page Requests.'
  if (found.total === 0) return [total, h('p', { class: 'empty' }, nothing)]
  const columns = ['Number', 'Name', 'Email', 'Company', 'Login', 'Changed']
  const panel = h('div', { class: 'panel' }, table('Customers', columns, found.customers.map(row)))
  return [total, panel, pager(found.total, page, go)].flat()
}

/** The view. */
export async function customers() {
  const place = h('div', {})
  const search = h('input', { type: 'search', placeholder: 'Name, email, company, login, number', autocomplete: 'off' })
  let asked = 0
  const fill = async (page = 1) => {
    const mine = ++asked
    const query = { list: chosen.list.id, search: search.value, page }
    const found = await ask('customers', query).catch(({ message }) => ({ message }))
    if (mine === asked) place.replaceChildren(...shown(found, search.value, page, fill))
  }
  let typing
  search.addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(fill, 150)
  })
  await fill()
  const form = h(
    'form',
    { class: 'fields', role: 'search', submit: (event) => event.preventDefault() },
    listChoice(() => fill()),
    h('label', { class: 'wide' }, 'Search', search),
  )
  return { elements: [heading('Customers'), form, place] }
}
