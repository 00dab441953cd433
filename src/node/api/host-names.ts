import { isIP } from 'node:net'

/** Loopback by number or by name; `localhost` is loopback by RFC 6761, section 6.3. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase()
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(name)
  )
}

/** The host of a `Host` header, without port and brackets; undefined when it is no host at all. */
export function hostOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/[\]@]+))(?::\d{1,5})?$/i.exec(header ?? '')
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '')
}

/** A number cannot be bound to another machine by DNS, so only names need to be known. */
export function isTrustedHost(host: string, ownNames: ReadonlySet<string>): boolean {
  return isIP(host) !== 0 || isLoopbackHost(host) || ownNames.has(host)
}

/** `http://127.0.0.1:8080` for people: a wildcard is reached by loopback from here. */
export function httpAddress(host: string, port: number): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${isIP(shown) === 6 ? `[${shown}]` : shown}:${port}`
}
