import { definePlugin } from '../core/extension/hooks.js'
import type { Context, Plugin } from '../core/extension/hooks.js'
import { managedProperties } from '../core/model/documents.js'
import { isEqual } from '../core/model/json.js'

/** What was stored, and for whom. Names and numbers only: no personal data. */
export interface ChangeNotice {
  /** When the change was made, ISO 8601. */
  readonly time: string
  readonly point: string
  readonly list: string
  readonly customerNo: string
  readonly addressId?: string
  /** Names of the properties that are different now; absent for what was created or deleted. */
  readonly changed?: readonly string[]
  readonly flavour: string
  readonly clientId?: string
  readonly user?: string
  readonly requestId: string
}

/** A plug-in that sends a notice of every stored change of customers and addresses, after its commit. */
export function changePlugin(
  name: string,
  send: (notice: ChangeNotice, signal: AbortSignal) => void | Promise<void>,
): Plugin {
  const note = (list: string, context: Context, customer: CustomerFacts, address?: AddressFacts): void => {
    const time = new Date().toISOString()
    // the documents hold by then what all plug-ins made of them
    context.afterCommit((signal) => send(noticeOf(time, list, context, customer, address), signal))
  }
  return definePlugin({
    name,
    hooks: {
      'dw.ocapi.data.customer_list.customers.afterPOST': (customer, _create, list, context) =>
        note(list, context, customer),
      'dw.ocapi.data.customer_list.customer.afterPATCH': (customer, _update, list, context) =>
        note(list, context, customer),
      'dw.ocapi.data.customer_list.customer.afterDELETE': (list, context) => note(list, context, context.previous),
      'dw.ocapi.data.customer_list.customer.addresses.afterPOST': (customer, address, _create, list, context) =>
        note(list, context, customer, address),
      'dw.ocapi.data.customer_list.customer.address.afterPATCH': (customer, address, _update, list, context) =>
        note(list, context, customer, address),
      'dw.ocapi.data.customer_list.customer.address.afterDELETE': (customer, list, context) =>
        note(list, context, customer, context.previous),
    },
  })
}

type CustomerFacts = { readonly customerNo: string }
type AddressFacts = { readonly addressId: string }

function noticeOf(
  time: string,
  list: string,
  { extensionPoint: point, flavour, caller, requestId, previous }: Context,
  customer: CustomerFacts,
  address: AddressFacts | undefined,
): ChangeNotice {
  const changed = point.endsWith('PATCH') ? differentIn(previous ?? {}, address ?? customer) : undefined
  return {
    time,
    point,
    list,
    customerNo: customer.customerNo,
    ...(address && { addressId: address.addressId }),
    ...(changed && { changed }),
    flavour,
    ...(caller && { clientId: caller.clientId }),
    ...(caller?.user !== undefined && { user: caller.user }),
    requestId,
  }
}

function differentIn(before: object, now: object): string[] {
  const [was, is] = [before, now] as [Record<string, unknown>, Record<string, unknown>]
  const kept: readonly string[] = managedProperties
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return names.filter((name) => !kept.includes(name) && !isEqual(was[name], is[name]))
}
