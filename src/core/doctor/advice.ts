import type { NatKind } from '../network/index.ts'
import type { Remedies } from './remedies.ts'
import type {
  AddressReport,
  CandidateReport,
  ClockReport,
  NatReport,
  RelayReport,
  Report,
  TransportTrial
} from './report.ts'

/** A clock that is further off makes messages wait at others. */
const CLOCK_OFF_MS = 60_000
const CLOCK_NOTICED_MS = 2_000

type Without<T> = Omit<T, 'advice'>

/** What else the advice on the NAT rests on. */
export interface Surroundings {
  /** Relays on hosts of their own that answered. */
  readonly witnesses: number
  /** All of them are in this network, or on this machine. */
  readonly onlyLocal: boolean
  readonly stunServers: number
}

export function natAdvice({ kind, portStep }: Without<NatReport>, around: Surroundings, remedies: Remedies): string {
  if (around.onlyLocal && around.witnesses > 0) {
    return `All relays you know are on your own network, so nothing can be told about the way to the internet: ${remedies.outsideRelay}.`
  }
  switch (kind) {
    case 'open':
      return 'Nothing stands between this machine and the internet: everybody can reach you directly.'
    case 'firewall':
      return 'This machine has a public address, but a firewall lets in only answers: open the ports that Starling listens on, and others can reach you without a relay.'
    case 'full-cone':
      return 'Your router keeps one port for all, and lets everybody in through it: direct connections work with practically everybody.'
    case 'address-restricted-cone':
    case 'port-restricted-cone':
    case 'cone':
      return 'Your router keeps one port for everybody you talk to: direct connections work with all but those behind the strictest routers, and a relay helps with the rest.'
    case 'symmetric':
      return portStep === null
        ? `Your router uses another port for each peer: direct connections work only with peers that can be reached anyway; ${remedies.strictRouter} would help.`
        : `Your router uses another port for each peer, but in regular steps of ${portStep}, so the next can often be guessed; ${remedies.strictRouter} would help where it cannot.`
    case 'blocked':
      return `No STUN server answers, so your network probably blocks UDP: WebRTC will not get through, and messages go ${remedies.withoutUdp}.`
    case 'unknown':
      return unknownNatAdvice(around, remedies)
  }
}

function unknownNatAdvice({ witnesses, stunServers }: Surroundings, remedies: Remedies): string {
  if (witnesses === 0 && stunServers === 0)
    return `It takes two relays to tell, and you know none that answers: ${remedies.relays}.`
  if (stunServers === 0)
    return `None of the relays you know answers STUN, so the kind of your router cannot be told: ${remedies.stunServer}.`
  if (stunServers === 1)
    return `It takes two relays on different machines to tell, and you know only one with STUN: ${remedies.anotherRelay}.`
  return `The relays’ answers contradict each other, so the kind of your router cannot be told by them: ${remedies.anotherRelay}.`
}

export function addressAdvice({ seen, tried }: Without<AddressReport>, witnesses: number, remedies: Remedies): string {
  const elsewhere = tried.find(({ source, address }) => source === 'announced' && isElsewhere(address, seen))
  if (elsewhere !== undefined) {
    return `You announce ${elsewhere.address}, but relays see you at ${seen.join(' and ')}: correct --announce, or others are sent to somebody else.`
  }
  const wrong = tried.filter(({ source, reached, missed }) => source === 'announced' && reached === 0 && missed > 0)
  if (wrong.length > 0) {
    return `You announce ${wrong[0]?.address}, but no relay reaches you there: correct --announce, or open the port.`
  }
  if (tried.some(({ announced, reached }) => announced && reached > 0)) {
    return 'Others reach you directly at what is announced; you also carry those who cannot be reached.'
  }
  if (tried.some(({ reached }) => reached === 1)) {
    return `One relay reached you directly; it takes two on different machines before the address is announced: ${remedies.anotherRelay}.`
  }
  if (tried.some(({ missed }) => missed > 0)) {
    return 'Nobody can dial you from outside: that is usual behind a router, and connections are made the other way round, by hole punching or through a relay.'
  }
  if (seen.length === 0) return `There is no relay to be asked where you are seen: ${remedies.aRelay}.`
  if (witnesses === 0) return remedies.noneOutside
  return remedies.listensNowhere
}

/** At an IP address of the same family as one that relays see, and not at that. */
function isElsewhere(address: string, seen: readonly string[]): boolean {
  const [, family, host] = /^\/(ip[46])\/([^/]+)/.exec(address) ?? []
  const alike = seen.filter(each => each.includes(':') === (family === 'ip6'))
  return host !== undefined && alike.length > 0 && !alike.includes(host)
}

export function candidateAdvice(
  { host, srflx, relay }: Without<CandidateReport>,
  on: boolean,
  kind: NatKind,
  remedies: Remedies
): string {
  if (!on) return `WebRTC is ${remedies.webrtcOff}.`
  if (srflx.length === 0 && relay.length === 0) {
    return host.length === 0
      ? 'WebRTC finds no address at all: this machine seems to be offline.'
      : `WebRTC knows only addresses of this machine, so it connects within your network: ${kind === 'blocked' ? 'no STUN server answers to show it the one outside.' : `${remedies.ownStun} would show it the one outside.`}`
  }
  if (relay.length === 0)
    return `WebRTC knows your address outside and can try direct connections; without ${remedies.turnServer} the hardest cases go through a relay.`
  return 'WebRTC can connect directly, and through a TURN server where that fails.'
}

export function transportAdvice({ transport, state }: TransportTrial, kind: NatKind, remedies: Remedies): string {
  if (state === 'off') return `It is ${remedies.webrtcOff}.`
  if (state === 'untried') {
    return transport === 'circuit' || transport === 'webrtc'
      ? `It needs a relay that keeps a place for you: ${remedies.aRelay}.`
      : 'No relay you know offers it, so it could not be tried.'
  }
  if (state === 'works' && transport === 'webrtc' && kind === 'blocked') {
    return 'It works between two peers on this machine, but no further, as UDP does not leave your network.'
  }
  if (state === 'works') return WORKS[transport]
  return FAILS[transport]
}

const WORKS = {
  tcp: 'Plain connections to public peers get out.',
  ws: 'WebSocket gets out, as browsers use it.',
  'webrtc-direct': 'UDP to public peers gets out, as browsers without a certificate use it.',
  webrtc:
    'Two peers on this machine connect when a relay introduces them; whether it holds across networks depends on the NATs of both.',
  circuit: 'Others reach you through the relay.'
} as const

const FAILS = {
  tcp: 'A firewall may allow web traffic only: a relay on port 443 would still be reached.',
  ws: 'A proxy or firewall stops WebSocket: try a relay with wss on port 443.',
  'webrtc-direct': 'UDP does not get out: use relays with TCP or WebSocket addresses.',
  webrtc: 'Peers meet through the relay, but do not connect by UDP: look for a firewall on this machine.',
  circuit: 'The relay does not pass others on: it may be full, or not meant for that.'
} as const

export function relayAdvice({ known }: Without<RelayReport>, asked: number, remedies: Remedies): string {
  const places = known.filter(({ place }) => place).length
  if (known.length === 0) return asked === 0 ? `You know no relay: ${remedies.aRelay}.` : remedies.noRelayAnswers
  if (places === 0)
    return 'You are connected to relays, but none keeps a place for you: those behind a NAT cannot be found through them.'
  if (places === 1) return 'One relay passes others on to you: a second would keep you reachable when it stops.'
  return `${places} relays pass others on to you: one may stop without anybody noticing.`
}

export function clockAdvice({ ahead }: Without<ClockReport>): string {
  if (ahead === null) return 'No relay told the time, so the clock could not be compared.'
  if (Math.abs(ahead) >= CLOCK_OFF_MS)
    return 'Your clock is wrong; messages would be misplaced in time: set it, best by itself over the network.'
  if (Math.abs(ahead) >= CLOCK_NOTICED_MS) return 'Your clock is a little off, which does no harm here.'
  return 'Your clock is right.'
}

export function summaryOf(report: Omit<Report, 'summary'>): string {
  const { nat, addresses, transports, relays } = report
  const outside = relays.known.some(({ isOutside }) => isOutside)
  if (relays.known.length === 0) return 'This machine reaches no relay, so only people on your own network can be met.'
  if (!outside) return 'All is tried on your own network only: no relay you know is outside.'
  if (addresses.tried.some(({ announced, reached }) => announced && reached > 0)) return 'Others reach you directly.'
  const found = transports.some(({ transport, state }) => transport === 'circuit' && state === 'works')
  if (!found) return 'You reach others, but those behind a NAT do not find you: no relay passes them on.'
  if (nat.kind === 'symmetric' || nat.kind === 'blocked') {
    return 'Others find you through a relay, and your messages mostly go on through it: direct connections work with some only.'
  }
  if (nat.kind === 'unknown')
    return 'Others find you through a relay; how often a direct connection follows, cannot be told.'
  return 'Others find you through a relay, and a direct connection usually follows at once.'
}
