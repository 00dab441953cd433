import { counted } from '../terminal/counted.ts'
import type { RouterState } from './report.ts'

export function routerAdvice(
  { asked, protocol, externalHost, ports }: RouterState,
  seen: readonly string[],
  on: boolean
): string {
  if (!on) return 'The router is not asked for ports, as --no-upnp says.'
  if (!asked) return 'No router is asked for ports, as this peer listens on no private network.'
  if (protocol === null)
    return 'No router offers to open ports (NAT-PMP, UPnP): where you can reach its settings, forward the ports by hand or switch UPnP on.'
  if (externalHost !== null && seen.length > 0 && !seen.includes(externalHost)) {
    return `Your router’s own address, ${externalHost}, is not where relays see you: there is a second NAT behind it, at your provider, and opened ports lead nowhere.`
  }
  if (ports.length === 0)
    return 'Your router speaks of opening ports but opened none: look for UPnP or NAT-PMP in its settings.'
  return `Your router passes ${counted(ports.length, 'port')} on to this machine.`
}
