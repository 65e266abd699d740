/** Modules of the platform that scripts name and that are not here: required, they say so when they are used. */

/** Why, by name. */
export const elsewhere: Readonly<Record<string, string>> = {
  'dw/object/CustomObjectMgr':
    'custom objects are not kept here; a custom attribute of the customer, or a service, can hold the value',
  'dw/web/URLUtils': 'there is no storefront here; a preference of the site can hold the URL',
  'dw/order/OrderMgr': 'there are no orders here; a service can be asked for them',
  'dw/order/LineItemCtnr': 'there are no orders here',
  'dw/customer/ProductListMgr': 'there are no product lists here; a service can be asked for them',
  'dw/campaign/PromotionMgr': 'there are no promotions here',
  'dw/net/Mail': 'no mail is sent from here; a service can send it',
  'dw/util/Template': 'there are no templates here; dw/web/Resource has texts',
}

/** What may be called and constructed, for a stand-in to refuse both. */
function noModule(): void {
  return undefined
}

/** Stands for a module that is not here: to require it is no error, to use it is one that says why. */
export function standIn(name: string): object {
  const refuse = (): never => {
    throw new Error(`${name} is not supported: ${elsewhere[name]}`)
  }
  return new Proxy(noModule, {
    get: (target, member) =>
      typeof member === 'symbol' || member === 'prototype' ? (Reflect.get(target, member) as unknown) : refuse(),
    set: refuse,
    apply: refuse,
    construct: refuse,
  })
}
