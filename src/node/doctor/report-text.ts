import {
  clockWords,
  natKindWords,
  natLines,
  short,
  wayWords,
  withoutIds,
  type Report,
  type TransportTrial
} from '../../core/doctor/index.ts'
import { counted } from '../terminal/counted.ts'
import { visible } from '../terminal/visible.ts'
import type { NodeReport } from './report.ts'

const MARGIN = 14
const MIN_WIDTH = 60
const MAX_WIDTH = 110
/** Candidates of one kind that are worth reading. */
const MAX_SHOWN = 4

const SOURCES = { listening: 'own', announced: 'announced', mapped: 'router', observed: 'seen from outside' } as const

/** The report for people: each part with what was found, then what it means. */
export function reportText(report: NodeReport, columns = 80): string {
  const width = Math.min(Math.max(columns, MIN_WIDTH), MAX_WIDTH)
  const { nat, addresses, router, candidates, transports, relays, clock, warnings } = report
  const part = (name: string, lines: readonly string[], advice: string): string[] => [
    ...lines.flatMap((line, index) => wrapped(index === 0 ? name : '', visible(line), width)),
    ...wrapped(lines.length === 0 ? name : '', `> ${visible(advice)}`, width),
    ''
  ]
  return [
    ...wrapped('In short', report.summary, width),
    '',
    ...part('NAT', [natKindWords(nat.kind), ...natLines(nat)], nat.advice),
    ...part('Addresses', addressLines(addresses), addresses.advice),
    ...part('Router', routerLines(router), router.advice),
    ...part('Candidates', candidateLines(candidates), candidates.advice),
    ...transports.flatMap((trial, index) => [
      ...wrapped(index === 0 ? 'Transports' : '', trialLine(trial), width),
      ...wrapped('', `> ${trial.advice}`, width)
    ]),
    '',
    ...part('Relays', relayLines(relays), relays.advice),
    ...part('Clock', [clockWords(clock)], clock.advice),
    ...warnings.flatMap(warning => [...wrapped('Warning', visible(warning), width), ''])
  ]
    .join('\n')
    .trimEnd()
}

function addressLines({ seen, tried }: Report['addresses']): string[] {
  return [
    seen.length === 0 ? 'seen by no relay' : `seen by relays at ${seen.join(' and ')}`,
    ...tried.map(({ address, source, reached, missed, announced }) => {
      const verdict =
        reached + missed === 0 ? 'not tried' : `reached by ${reached} of ${counted(reached + missed, 'relay')}`
      return `${withoutIds(address)} (${SOURCES[source]}): ${verdict}${announced ? ', announced' : ''}`
    })
  ]
}

function routerLines({ protocol, externalHost, ports }: NodeReport['router']): string[] {
  if (protocol === null) return []
  const name = protocol === 'upnp' ? 'UPnP' : 'NAT-PMP'
  return [`${name}, outside ${externalHost ?? 'not known'}: ${ports.length === 0 ? 'no ports' : ports.join(', ')}`]
}

function candidateLines(candidates: Report['candidates']): string[] {
  const line = (kind: 'host' | 'srflx' | 'relay', meaning: string): string => {
    const all = candidates[kind]
    const rest = all.length > MAX_SHOWN ? ` and ${all.length - MAX_SHOWN} more` : ''
    return `${kind.padEnd(6)}${meaning}: ${all.length === 0 ? 'none' : all.slice(0, MAX_SHOWN).join(', ')}${rest}`
  }
  const carrying = candidates.carries.map(({ peer, local, remote }) => `${short(peer)}: ${local} to ${remote} carries`)
  return [line('host', 'this machine'), line('srflx', 'seen by STUN'), line('relay', 'by TURN'), ...carrying]
}

function trialLine({ transport, state, ms, address, reason }: TransportTrial): string {
  const name = transport.padEnd(14)
  if (state === 'works') return `${name}works, ${Math.round(ms ?? 0)} ms, ${visible(wayWords(address ?? '', short))}`
  if (state === 'fails') return `${name}fails: ${visible(reason ?? '')} (${visible(wayWords(address ?? '', short))})`
  return `${name}${state === 'off' ? 'off' : 'not tried'}`
}

function relayLines({ known, stun }: Report['relays']): string[] {
  return [
    ...known.map(({ peer, address, rtt, place, witness }) => {
      const facts = [
        rtt === null ? undefined : `${rtt.toFixed(1)} ms`,
        place ? 'keeps a place for you' : 'no place for you',
        witness ? undefined : 'cannot be asked'
      ]
      return `${short(peer)} ${withoutIds(address)}: ${facts.filter(fact => fact !== undefined).join(', ')}`
    }),
    ...stun.map(({ server, answered }) => `STUN ${server}: ${answered ? 'answers' : 'does not answer'}`)
  ]
}

/** The text beside a name in the margin, broken between words. */
function wrapped(name: string, text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width - MARGIN) {
      lines.push(line)
      line = text.startsWith('> ') ? `  ${word}` : word
    } else {
      line = lines.length === 0 && line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((each, index) => `${(index === 0 ? name : '').padEnd(MARGIN)}${each}`.trimEnd())
}
