import type { Ip6Kind, NatKind, SharedKind } from './lab/nat-kind.ts'
import { ip6Of, NatLab, type Host } from './lab/nat-lab.ts'
import { launch, openTabAt, startProgram, type Participant } from './participant.ts'
import { meetAndTalk, type Trial } from './trial.ts'

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
  trial(flags: readonly string[], connectionLimit?: number): Promise<Trial>
  end(): Promise<void>
}

/** Whether two can be placed so: neighbours are neighbours of each other. */
export function fitTogether(a: Side, b: Side): boolean {
  return a.kind === b.kind || !(isOneOf(SHARED, a.kind) || isOneOf(SHARED, b.kind))
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
export async function prepareMeeting([a, b]: readonly [Side, Side], relayCount: number, loss = 0): Promise<Meeting> {
  const lab = new NatLab({ loss })
  const hasIp6 = isOneOf(IP6, a.kind) || isOneOf(IP6, b.kind)
  const relays: Awaited<ReturnType<typeof startRelay>>[] = []
  const end = async (): Promise<void> => {
    await Promise.all(relays.map(relay => relay.end()))
    lab.remove()
  }
  try {
    for (let index = 1; index <= relayCount; index += 1)
      relays.push(await startRelay(lab.host(`relay-${index}`, 'open'), hasIp6, relays[0]?.web))
    const bootstrap = relays.flatMap(({ tcp }) => tcp).flatMap(address => ['--bootstrap', address])
    const peers = relays.map(({ peer }) => peer)
    const page = relays.at(-1)?.page ?? ''
    const hosts = place(lab, a.kind, b.kind)
    const start = ({ isTab }: Side, host: Host, flags: readonly string[]) =>
      isTab ? openTabAt(host, page) : startProgram(host, [...bootstrap, ...flags], peers)
    const participants: Meeting['participants'] = flags => [start(a, hosts[0], flags), start(b, hosts[1], flags)]
    const trial: Meeting['trial'] = (flags, limit) => meetAndTalk(participants(flags), limit)
    return { lab, page, hosts, participants, trial, end }
  } catch (thrown) {
    await end()
    throw thrown
  }
}

/** Programs reach it by 443, so that who may use nothing else does; tabs get the page and the addresses of both relays from the second. */
async function startRelay(host: Host, hasIp6: boolean, other: string | undefined) {
  const own = [`/ip4/${host.address}/tcp`, ...(hasIp6 ? [`/ip6/${ip6Of(host)}/tcp`] : [])]
  const listen = own.flatMap(at => [`${at}/443`, `${at}/4002/ws`]).flatMap(at => ['--listen', at, '--announce', at])
  const known = other === undefined ? [] : ['--bootstrap', other]
  const page = `${host.address}:80`
  const { running, end } = await launch(host, ['relay', ...listen, ...known, '--http', page, '--no-mdns'])
  const { peer } = await running.ready()
  return {
    peer,
    tcp: own.map(at => `${at}/443/p2p/${peer}`),
    web: `${own[0]}/4002/ws/p2p/${peer}`,
    page: `http://${page}/`,
    end
  }
}
