import { randomInt } from 'node:crypto'
import { EnvironmentError } from '../exits.ts'
import { LIFETIME_SECONDS, type OpenedPort, type Router, type WantedPort } from './router.ts'

/** Both versions of the gateway: many routers know the first alone. */
const SERVICES = /urn:schemas-upnp-org:service:WAN(?:IP|PPP)Connection:[12]/
/** A description of a router with all its services. */
const MAX_BYTES = 128 * 1024
const ANSWER_MS = 3_000
const DESCRIPTION = 'Starling'
/** WANIPConnection:1, section 2.4.16: somebody else has this port; the router opens ports without end only. */
const CONFLICT = 718
const PERMANENT_ONLY = 725
/** Ports tried where the wanted one is taken. */
const MAX_TRIES = 4
const FREE_PORTS = [20_000, 60_000] as const

class RouterError extends EnvironmentError {
  readonly code: number

  constructor(code: number) {
    super(`the router refuses, with code ${code}`)
    this.code = code
  }
}

/** A router that speaks UPnP IGD, told by its description; rejects when there is no connection to the outside in it. */
export async function upnpRouter(description: URL, signal: AbortSignal): Promise<Router> {
  const { service, control } = serviceOf(await fetchText(description, {}, signal), description)
  const call = async (action: string, values: Record<string, string | number>, ended: AbortSignal): Promise<string> => {
    const headers = { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${service}#${action}"` }
    return fetchText(control, { method: 'POST', headers, body: envelope(service, action, values) }, ended)
  }

  async function add(wanted: WantedPort, lifetime: number, ended: AbortSignal): Promise<OpenedPort> {
    const values = {
      NewRemoteHost: '',
      NewExternalPort: wanted.externalPort,
      NewProtocol: wanted.protocol.toUpperCase(),
      NewInternalPort: wanted.port,
      NewInternalClient: wanted.host,
      NewEnabled: 1,
      NewPortMappingDescription: DESCRIPTION,
      NewLeaseDuration: lifetime
    }
    await call('AddPortMapping', values, ended)
    return { ...wanted, lifetime: LIFETIME_SECONDS }
  }

  async function open(wanted: WantedPort, ended: AbortSignal): Promise<OpenedPort> {
    let lifetime = LIFETIME_SECONDS
    let externalPort = wanted.externalPort
    for (let tries = 1; ; tries++) {
      try {
        return await add({ ...wanted, externalPort }, lifetime, ended)
      } catch (thrown) {
        if (!(thrown instanceof RouterError) || tries >= MAX_TRIES) throw thrown
        if (thrown.code === PERMANENT_ONLY && lifetime > 0) lifetime = 0
        else if (thrown.code === CONFLICT) externalPort = randomInt(...FREE_PORTS)
        else throw thrown
      }
    }
  }

  return {
    protocol: 'upnp',
    async externalHost(ended) {
      const host = valueOf(await call('GetExternalIPAddress', {}, ended), 'NewExternalIPAddress')
      if (host === undefined || !/^[0-9a-f:.]{2,45}$/i.test(host)) throw new EnvironmentError('the router is offline')
      return host
    },
    open,
    async close({ externalPort, protocol }, ended) {
      const values = { NewRemoteHost: '', NewExternalPort: externalPort, NewProtocol: protocol.toUpperCase() }
      await call('DeletePortMapping', values, ended)
    }
  }
}

function serviceOf(description: string, base: URL): { service: string; control: URL } {
  for (const [, block = ''] of description.matchAll(/<service>([\s\S]*?)<\/service>/g)) {
    const service = SERVICES.exec(valueOf(block, 'serviceType') ?? '')?.[0]
    const control = URL.parse(valueOf(block, 'controlURL') ?? '', base)
    // A router speaks for itself: nobody else is to be sent requests on its word.
    if (service !== undefined && control?.protocol === 'http:' && control.hostname === base.hostname) {
      return { service, control }
    }
  }
  throw new EnvironmentError('the router describes no connection to the outside')
}

function envelope(service: string, action: string, values: Record<string, string | number>): string {
  const fields = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`)
  return [
    '<?xml version="1.0"?>',
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">',
    `<s:Body><u:${action} xmlns:u="${service}">${fields.join('')}</u:${action}></s:Body></s:Envelope>`
  ].join('\n')
}

/** The text of the first element of this name; these documents are small, regular, and hold no markup in values. */
function valueOf(xml: string, name: string): string | undefined {
  return new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>\\s*([^<]*?)\\s*</`).exec(xml)?.[1]
}

async function fetchText(url: URL, request: RequestInit, signal: AbortSignal): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const response = await fetch(url, { ...request, redirect: 'error', signal: limited })
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > MAX_BYTES) throw new EnvironmentError('the router answers without end')
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString('utf8')
  if (!response.ok) throw new RouterError(Number(valueOf(text, 'errorCode') ?? response.status))
  return text
}
