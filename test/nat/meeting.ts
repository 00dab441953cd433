import type { Ip6Kind, NatKind, SharedKind } from './lab/nat-kind.ts'
import { ip6Of, NatLab, type Host } from './lab/nat-lab.ts'
import { launch, openTabAt, startProgram, type Participant } from './participant.ts'
import { meetAndTalk, type Trial, type TrialLimits } from './trial.ts'

export const KINDS: readonly NatKind[] = [
  'open',
  'full-cone',
  'address-restricted',
  'port-restricted',
  'double',
  'symmetric-sequential',
  'symmetric-random',
  'udp-blocked',
  'only-443'
]

const SHARED: readonly SharedKind[] = ['one-lan', 'guests', 'guests-hairpin', 'provider', 'provider-hairpin']
const IP6: readonly Ip6Kind[] = ['ip6-firewall', 'dual-stack']

type Place = NatKind | SharedKind | Ip6Kind

/** What may be named; those where two are neighbours on both sides. */
export const PLACES: readonly Place[] = [...KINDS, ...SHARED, ...IP6]

/** A peer behind such a router: the program, or Chromium, which is written `tab@KIND`. */
export interface Side {
  readonly kind: Place
  readonly isTab: boolean
}

export function parseSide(text: string): Side | undefined {
  const [, tab, name] = /^(tab@)?(.*)$/.exec(text) ?? []
  const kind = PLACES.find(each => each === name)
  return kind === undefined ? undefined : { kind, isTab: tab !== undefined }
}

export function sideName({ kind, isTab }: Side): string {
  return isTab ? `tab@${kind}` : kind
}

/** Relays on the Internet, and a host for each of two. */
export interface Meeting {
  readonly lab: NatLab
  /** The web app, as the last relay serves it. */
  readonly page: string
  readonly hosts: readonly [Host, Host]
  /** Starts the two, who come anew each time and are to be ended. */
  participants(flags: readonly string[]): [Promise<Participant>, Promise<Participant>]
  /** The two meet and talk. */
  trial(flags: readonly string[], limits?: TrialLimits): Promise<Trial>
  end(): Promise<void>
}

/** Whether two can be placed so: neighbours are neighbours of each other, and one page is for two tabs. */
export function fitTogether(a: Side, b: Side): boolean {
  if (a.kind === b.kind) return true
  const isApart = a.isTab && b.isTab && [a, b].some(isIp6Alone) && ![a, b].every(({ kind }) => isOneOf(IP6, kind))
  return !isApart && !(isOneOf(SHARED, a.kind) || isOneOf(SHARED, b.kind))
}

function isIp6Alone({ kind }: Side): boolean {
  return kind === 'ip6-firewall'
}

function isOneOf<T extends string>(all: readonly T[], kind: string): kind is T {
  return all.some(each => each === kind)
}

function place(lab: NatLab, a: Place, b: Place): [Host, Host] {
  const one = (name: string, kind: Place): Host => {
    if (isOneOf(IP6, kind)) return lab.host6(name, kind)
    if (isOneOf(KINDS, kind)) return lab.host(name, kind)
    throw new Error(`${kind} is a place for two`)
  }
  return isOneOf(SHARED, a) ? lab.neighbours(['anna', 'bob'], a) : [one('anna', a), one('bob', b)]
}

/** `loss` is how many in a hundred packets get lost on the way between two networks. */
export async function prepareMeeting(sides: readonly [Side, Side], relayCount: number, loss = 0): Promise<Meeting> {
  const [a, b] = sides
  const lab = new NatLab({ loss })
  const plan = relayPlanFor(lab, sides)
  const relays: Awaited<ReturnType<typeof startRelay>>[] = []
  const end = async (): Promise<void> => {
    await Promise.all(relays.map(relay => relay.end()))
    lab.remove()
  }
  try {
    for (let index = 1; index <= relayCount; index += 1)
      relays.push(await startRelay(lab.host(`relay-${index}`, 'open'), plan, relays[0]?.web))
    const bootstrap = relays.flatMap(({ forPrograms }) => forPrograms).flatMap(address => ['--bootstrap', address])
    const peers = relays.map(({ peer }) => peer)
    const page = relays.at(-1)?.page ?? ''
    const hosts = place(lab, a.kind, b.kind)
    const start = ({ isTab }: Side, host: Host, flags: readonly string[]) =>
      isTab ? openTabAt(host, page) : startProgram(host, [...bootstrap, ...flags], peers)
    const participants: Meeting['participants'] = flags => [start(a, hosts[0], flags), start(b, hosts[1], flags)]
    const trial: Meeting['trial'] = (flags, limits) => meetAndTalk(participants(flags), limits)
    return { lab, page, hosts, participants, trial, end }
  } catch (thrown) {
    await end()
    throw thrown
  }
}

interface RelayPlan {
  readonly hasIp6: boolean
  readonly ports: { readonly tcp: number; readonly ws: number }
  /** Where the web app is asked for. */
  pageOf(relay: Host): string
}

/** Who may use nothing but 443 reaches all of it there: programs by TCP, or by WebSocket where a tab needs it, which gets the page from another address. */
function relayPlanFor(lab: NatLab, sides: readonly [Side, Side]): RelayPlan {
  const hasIp6 = sides.some(({ kind }) => isOneOf(IP6, kind))
  const tabs = sides.filter(({ isTab }) => isTab)
  const isBlocked = tabs.some(({ kind }) => kind === 'only-443')
  return {
    hasIp6,
    ports: isBlocked ? { tcp: 4001, ws: 443 } : { tcp: 443, ws: 4002 },
    pageOf(relay) {
      if (tabs.some(isIp6Alone)) return `[${ip6Of(relay)}]:80`
      return isBlocked ? `${lab.atAnotherAddress(relay).address}:443` : `${relay.address}:80`
    }
  }
}

/** Tabs get the page, and the addresses of both relays, from the second. */
async function startRelay(host: Host, { hasIp6, ports, pageOf }: RelayPlan, other: readonly string[] = []) {
  const own = [`/ip4/${host.address}/tcp`, ...(hasIp6 ? [`/ip6/${ip6Of(host)}/tcp`] : [])]
  const [tcp, web] = [own.map(at => `${at}/${ports.tcp}`), own.map(at => `${at}/${ports.ws}/ws`)]
  const listen = [...tcp, ...web].flatMap(at => ['--listen', at, '--announce', at])
  const known = other.flatMap(at => ['--bootstrap', at])
  const page = pageOf(host)
  const { running, end } = await launch(host, ['relay', ...listen, ...known, '--http', page, '--no-mdns'])
  const { peer } = await running.ready()
  const named = (addresses: readonly string[]): string[] => addresses.map(at => `${at}/p2p/${peer}`)
  return {
    peer,
    forPrograms: named(ports.tcp === 443 ? tcp : web),
    web: named(web),
    page: `http://${page}/`,
    end
  }
}
