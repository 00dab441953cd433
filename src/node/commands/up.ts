import { flushCompileCache } from 'node:module'
import { ownCall } from '../command-line/own-call.ts'
import type { HostPort } from '../command-line/values.ts'
import { createEventPrinter } from '../peer/announce-events.ts'
import { untilAborted, withCleanup } from '../peer/cleanup.ts'
import { ownPeer, startFullPeer } from '../peer/full-peer.ts'
import { overWords } from '../peer/ice-servers.ts'
import type { Run } from './command.ts'

const DEFAULT_HTTP: HostPort = { host: '127.0.0.1', port: 8080 }

export const up: Run = ({ settings, output, stop }) =>
  withCleanup(async cleanup => {
    const printer = createEventPrinter(output)
    const stored = await ownPeer(settings, stop, cleanup)
    const http = settings.http ?? DEFAULT_HTTP
    const running = await startFullPeer({ settings, http, stored, output, cleanup, onEvent: printer.print })
    if (stop.aborted) return
    const { network } = running
    printer.ready(
      { peer: network.self, addresses: network.addresses(), http: running.http },
      greeting(running.http, ownCall(settings))
    )
    const over = overWords(settings, Date.now())
    if (over !== undefined) printer.print({ event: 'warning', code: 'turn-over', text: over })
    flushCompileCache()
    await untilAborted(stop)
  })

function greeting(http: string | undefined, call: string): string {
  return [
    `Starling is running. Open ${http} in a browser to chat.`,
    `In another terminal: ${call} room create NAME`,
    'Ctrl-C stops.'
  ].join('\n')
}
