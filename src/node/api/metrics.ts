import type { KeeperFigures } from '../../core/chat/index.ts'
import type { Path } from '../../core/network/index.ts'

const PATHS: readonly Path[] = ['direct', 'punched', 'webrtc', 'turn', 'relayed']

export interface Figures {
  readonly paths: readonly Path[]
  readonly rooms: number
  readonly relays: number
  /** Messages shown since the start, this member's own included. */
  readonly messages: number
  readonly isReady: boolean
  /** Undefined where no rooms are kept. */
  readonly kept: KeeperFigures | undefined
}

/** Prometheus text format 0.0.4. */
export function metricsText(figures: Figures): string {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  return [
    ...metric('starling_ready', 'gauge', '1 when the peer can be used', [['', Number(figures.isReady)]]),
    ...metric(
      'starling_peers',
      'gauge',
      'connected peers by path',
      PATHS.map(path => [`{path="${path}"}`, figures.paths.filter(each => each === path).length])
    ),
    ...metric('starling_rooms', 'gauge', 'rooms of this member', [['', figures.rooms]]),
    ...metric('starling_messages_total', 'counter', 'messages since the start', [['', figures.messages]]),
    ...metric('starling_relay_reservations', 'gauge', 'relays that hold a place for this peer', [['', figures.relays]]),
    ...(figures.kept === undefined ? [] : keptMetrics(figures.kept)),
    ...metric('process_resident_memory_bytes', 'gauge', 'resident memory', [['', memory.rss]]),
    ...metric('nodejs_heap_used_bytes', 'gauge', 'JavaScript heap in use', [['', memory.heapUsed]]),
    ...metric('process_cpu_seconds_total', 'counter', 'user and system time', [['', (cpu.user + cpu.system) / 1e6]]),
    ...metric('process_uptime_seconds', 'gauge', 'seconds since the start', [['', Math.round(process.uptime())]])
  ]
    .map(line => `${line}\n`)
    .join('')
}

function keptMetrics({ rooms, bytes, quota }: KeeperFigures): string[] {
  return [
    ...metric('starling_kept_rooms', 'gauge', 'rooms stored for their members', [['', rooms]]),
    ...metric('starling_kept_bytes', 'gauge', 'what they take up', [['', bytes]]),
    ...metric('starling_kept_bytes_limit', 'gauge', 'what they may take up', [['', quota]])
  ]
}

type Sample = readonly [labels: string, value: number]

function metric(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`)
  ]
}
