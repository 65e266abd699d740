/** The page: which view is open, and whether the server is there. */
import { customer } from './customer.js'
import { customers } from './customers.js'
import { h, heading } from './dom.js'
import { hooks } from './hooks.js'
import { listen } from './live.js'
import { requests } from './requests.js'
import { tryApi } from './try.js'

/** Views by the first word of the address; each gives its elements, or a promise of them, and may give what ends it. */
const views = { '': requests, requests, customers, customer, try: tryApi, hooks }
const titles = {
  '': 'Requests',
  requests: 'Requests',
  customers: 'Customers',
  customer: 'Customers',
  try: 'Try the APIs',
  hooks: 'Hooks',
}

const main = document.getElementById('main')
let end = () => {}
let opened = 0

/** `#/try/ocapi/getCustomer?customer_no=1` as its words and its values. */
function address() {
  const [path = '', query] = location.hash.replace(/^#\/?/, '').split('?')
  return { words: path.split('/').map(decodeURIComponent), values: new URLSearchParams(query) }
}

async function open(isFirst) {
  const { words, values } = address()
  const [name = '', ...rest] = words
  const view = views[name] ?? requests
  const mine = ++opened
  end()
  end = () => {}
  const shown = await Promise.resolve(view(rest, values)).catch((error) => ({
    elements: [heading('That did not work'), h('p', {}, error.message)],
  }))
  if (mine !== opened) return shown.end?.()
  end = shown.end ?? end
  main.replaceChildren(...shown.elements)
  const title = titles[name] ?? titles['']
  document.title = `${title} · clientele`
  for (const link of document.querySelectorAll('.bar nav a'))
    if (link.textContent === title) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  if (isFirst) return undefined
  const target = shown.focus ?? main.querySelector('h1')
  target?.focus({ preventScroll: true })
  // on a narrow page what is open stands alone
  if (!shown.keepsPlace || matchMedia('(max-width: 66rem)').matches) scrollTo(0, 0)
  else target?.scrollIntoView({ block: 'nearest' })
  return undefined
}

const live = document.getElementById('live')
listen((state) => {
  live.textContent = state
  live.classList.toggle('on', state === 'Live')
})
document.getElementById('skip').addEventListener('click', () => main.focus())
addEventListener('hashchange', () => void open(false))
await open(true)
