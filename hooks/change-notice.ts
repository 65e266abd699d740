import { definePlugin } from '../core/extension/hooks.js'
import type { Context, Plugin } from '../core/extension/hooks.js'

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

/** A plug-in that tells of every stored change of customers and addresses, after its commit. */
export function changePlugin(
  name: string,
  tell: (notice: ChangeNotice, signal: AbortSignal) => void | Promise<void>,
): Plugin {
  type Subject = { readonly customerNo: string }
  const note = (list: string, context: Context, customer: Subject, address?: { readonly addressId: string }) => {
    const { extensionPoint: point, flavour, caller, requestId, previous } = context
    const time = new Date().toISOString()
    context.afterCommit((signal) => {
      // the documents hold by now what all plug-ins made of them
      const isChange = point.endsWith('PATCH')
      return tell(
        {
          time,
          point,
          list,
          customerNo: customer.customerNo,
          ...(address && { addressId: address.addressId }),
          ...(isChange && { changed: differentIn(previous ?? {}, address ?? customer) }),
          flavour,
          ...(caller && { clientId: caller.clientId }),
          ...(caller?.user !== undefined && { user: caller.user }),
          requestId,
        },
        signal,
      )
    })
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

function differentIn(before: object, now: object): string[] {
  const [was, is] = [before, now] as [Record<string, unknown>, Record<string, unknown>]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const kept = ['version', 'lastModified', 'creationDate']
  return names.filter((name) => !kept.includes(name) && JSON.stringify(was[name]) !== JSON.stringify(is[name]))
}
