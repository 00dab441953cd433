import { isLoopbackHost } from './host-names.ts'

/** What a tab can dial: plain and secure WebSocket, and webrtc-direct, which needs no certificate of a domain. */
const DIALABLE_BY_TAB = /\/(?:ws|wss)(?:$|\/p2p\/)|\/webrtc-direct(?:$|\/)/
/** A tab keeps a connection to each. */
const MAX_ADDRESSES = 16

/**
 * The addresses of `/bootstrap.json`, for a page that was asked for at `host`: loopback ones first when that is this
 * machine, and not at all otherwise, because there they would lead to the reader's own machine.
 */
export function bootstrapAddresses(own: readonly string[], others: readonly string[], host: string): string[] {
  const dialable = [...new Set([...own, ...others])].filter(isDialable)
  const near = dialable.filter(isLoopbackAddress)
  const far = dialable.filter(address => !isLoopbackAddress(address))
  const chosen = isLoopbackHost(host) ? [...near, ...far] : far
  return (chosen.length === 0 ? dialable : chosen).slice(0, MAX_ADDRESSES)
}

function isDialable(address: string): boolean {
  return DIALABLE_BY_TAB.test(address) && !address.includes('/p2p-circuit')
}

function isLoopbackAddress(address: string): boolean {
  return isLoopbackHost(/^\/(?:ip[46]|dns[46]?)\/([^/]+)/.exec(address)?.[1] ?? '')
}
