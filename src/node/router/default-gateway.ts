import { readFile } from 'node:fs/promises'

/** The IPv4 address of the router that leads out of this network, where the system tells (Linux). */
export async function defaultGateway(): Promise<string | undefined> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '')
  return parseRoutes(table)
}

/** `/proc/net/route`: addresses are little-endian hexadecimal; of several default routes the one of least metric counts. */
export function parseRoutes(table: string): string | undefined {
  const routes = table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(([, destination, gateway]) => destination === '00000000' && /^[0-9A-F]{8}$/i.test(gateway ?? ''))
    .filter(([, , gateway]) => gateway !== '00000000')
    .sort((a, b) => Number(a[6]) - Number(b[6]))
  const bytes = routes[0]?.[2]?.match(/../g)?.map(byte => Number.parseInt(byte, 16))
  return bytes?.toReversed().join('.')
}
