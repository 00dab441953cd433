import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A router as a test wants it: it speaks the real protocols, and passes ports on where `forward` says how. */
export interface TestRouterOptions {
  readonly host: string
  readonly external: string
  readonly natPmp?: { port: number; result?: number }
  readonly upnp?: {
    port: number
    version: 1 | 2
    ssdp: { host: string; port: number }
    /** UPnP error codes, for the first calls of AddPortMapping. */
    errors?: number[]
    controlUrl?: string
    location?: string
  }
  /** Opens the port, or closes it. */
  readonly forward?: (mapping: Mapping, open: boolean) => void
}

export interface Mapping {
  readonly protocol: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
  readonly externalPort: number
  readonly lifetime: number
}

export interface TestRouter {
  readonly mappings: Map<string, Mapping>
  /** Requests that changed something, in order. */
  readonly log: string[]
  readonly ports: { natPmp: number; ssdp: number; http: number }
  stop(): Promise<void>
}

export async function startTestRouter(options: TestRouterOptions): Promise<TestRouter> {
  const mappings = new Map<string, Mapping>()
  const log: string[] = []
  const sockets: Socket[] = []
  const ports = { natPmp: 0, ssdp: 0, http: 0 }
  let server: Server | undefined

  function set(mapping: Mapping, open: boolean): void {
    const key = `${mapping.protocol} ${mapping.externalPort}`
    log.push(`${open ? 'open' : 'close'} ${key}`)
    if (open) mappings.set(key, mapping)
    else mappings.delete(key)
    options.forward?.(mapping, open)
  }

  if (options.natPmp !== undefined) {
    const { port, result = 0 } = options.natPmp
    const socket = await bound(port, options.host)
    sockets.push(socket)
    ports.natPmp = socket.address().port
    socket.on('message', (request, from) => {
      const answer = answerNatPmp(request, from.address, options.external, result, mappings, set)
      if (answer !== undefined) socket.send(answer, from.port, from.address)
    })
  }
  if (options.upnp !== undefined) {
    const { upnp } = options
    const errors = [...(upnp.errors ?? [])]
    const http = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => (body += String(chunk)))
      request.on('end', () => {
        const [status, text] =
          request.url === '/description.xml'
            ? [200, description(upnp.version, upnp.controlUrl ?? '/control')]
            : control(body, String(request.headers.soapaction), options.external, errors, mappings, set)
        response.writeHead(status, { 'content-type': 'text/xml; charset="utf-8"' }).end(text)
      })
    }).listen(upnp.port, options.host)
    await once(http, 'listening')
    server = http
    ports.http = (http.address() as AddressInfo).port
    const multicast = upnp.ssdp.host.startsWith('239.')
    const socket = await bound(upnp.ssdp.port, multicast ? '0.0.0.0' : upnp.ssdp.host)
    if (multicast) socket.addMembership(upnp.ssdp.host, options.host)
    sockets.push(socket)
    ports.ssdp = socket.address().port
    socket.on('message', (question, from) => {
      const target = /^ST: (\S+)/m.exec(question.toString())?.[1]
      if (target !== `urn:schemas-upnp-org:device:InternetGatewayDevice:${upnp.version}`) return
      const location = upnp.location ?? `http://${options.host}:${ports.http}/description.xml`
      const answer = `HTTP/1.1 200 OK\r\nST: ${target}\r\nLOCATION: ${location}\r\nUSN: uuid:1::${target}\r\n\r\n`
      socket.send(answer, from.port, from.address)
    })
  }
  return {
    mappings,
    log,
    ports,
    async stop() {
      for (const socket of sockets) socket.close()
      server?.closeAllConnections()
      server?.close()
    }
  }
}

async function bound(port: number, host: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.bind(port, host)
  await once(socket, 'listening')
  return socket
}

/** RFC 6886, sections 3.2 and 3.3. */
function answerNatPmp(
  request: Buffer,
  from: string,
  external: string,
  result: number,
  mappings: ReadonlyMap<string, Mapping>,
  set: (mapping: Mapping, open: boolean) => void
): Buffer | undefined {
  const opcode = request[1] ?? 0
  const head = Buffer.alloc(8)
  head[1] = 128 + opcode
  head.writeUInt16BE(result, 2)
  head.writeUInt32BE(1, 4)
  if (request[0] !== 0) return undefined
  if (opcode === 0) return Buffer.concat([head, Buffer.from(external.split('.').map(Number))])
  if (result !== 0) return head
  const protocol = opcode === 1 ? 'udp' : 'tcp'
  const port = request.readUInt16BE(4)
  const lifetime = request.readUInt32BE(8)
  const before = [...mappings.values()].find(each => each.protocol === protocol && each.port === port)
  const wanted = before?.externalPort ?? request.readUInt16BE(6)
  const externalPort = before === undefined && mappings.has(`${protocol} ${wanted}`) ? wanted + 1 : wanted
  set({ protocol, host: from, port, externalPort, lifetime }, lifetime > 0)
  const tail = Buffer.alloc(8)
  tail.writeUInt16BE(port, 0)
  tail.writeUInt16BE(lifetime === 0 ? 0 : externalPort, 2)
  tail.writeUInt32BE(lifetime, 4)
  return Buffer.concat([head, tail])
}

function description(version: 1 | 2, controlUrl: string): string {
  const urn = 'urn:schemas-upnp-org'
  return `<?xml version="1.0"?>
<root xmlns="${urn}:device-1-0"><device><deviceType>${urn}:device:InternetGatewayDevice:${version}</deviceType>
<serviceList><service><serviceType>${urn}:service:Layer3Forwarding:1</serviceType><controlURL>/l3f</controlURL></service></serviceList>
<deviceList><device><deviceType>${urn}:device:WANDevice:${version}</deviceType><deviceList><device>
<deviceType>${urn}:device:WANConnectionDevice:${version}</deviceType><serviceList><service>
<serviceType>${urn}:service:WANIPConnection:${version}</serviceType>
<SCPDURL>/scpd.xml</SCPDURL><controlURL>${controlUrl}</controlURL><eventSubURL>/event</eventSubURL>
</service></serviceList></device></deviceList></device></deviceList></device></root>`
}

function control(
  body: string,
  action: string,
  external: string,
  errors: number[],
  mappings: ReadonlyMap<string, Mapping>,
  set: (mapping: Mapping, open: boolean) => void
): [number, string] {
  const value = (name: string): string => new RegExp(`<${name}>([^<]*)<`).exec(body)?.[1] ?? ''
  const answer = (name: string, inner = ''): [number, string] => [
    200,
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:${name}Response xmlns:u="x">${inner}</u:${name}Response></s:Body></s:Envelope>`
  ]
  const fault = (code: number): [number, string] => [
    500,
    `<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>${code}</errorCode></UPnPError></detail></s:Fault></s:Body></s:Envelope>`
  ]
  if (action.includes('#GetExternalIPAddress')) {
    return answer('GetExternalIPAddress', `<NewExternalIPAddress>${external}</NewExternalIPAddress>`)
  }
  const protocol = value('NewProtocol').toLowerCase() as Mapping['protocol']
  const externalPort = Number(value('NewExternalPort'))
  const before = mappings.get(`${protocol} ${externalPort}`)
  if (action.includes('#DeletePortMapping')) {
    if (before === undefined) return fault(714)
    set(before, false)
    return answer('DeletePortMapping')
  }
  if (!action.includes('#AddPortMapping')) return fault(401)
  const error = errors.shift()
  if (error !== undefined) return fault(error)
  const host = value('NewInternalClient')
  if (before !== undefined && before.host !== host) return fault(718)
  const mapping = { protocol, host, port: Number(value('NewInternalPort')), externalPort }
  set({ ...mapping, lifetime: Number(value('NewLeaseDuration')) }, true)
  return answer('AddPortMapping')
}
