import type { NatKind } from './lab/nat-kind.ts'
import { NatLab, type Host } from './lab/nat-lab.ts'
import { launch, openTabAt, startProgram } from './participant.ts'
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

/** A peer behind such a router: the program, or Chromium, which is written `tab@KIND`. */
export interface Side {
  readonly kind: NatKind
  readonly isTab: boolean
}

export function parseSide(text: string): Side | undefined {
  const [, tab, name] = /^(tab@)?(.*)$/.exec(text) ?? []
  const kind = KINDS.find(each => each === name)
  return kind === undefined ? undefined : { kind, isTab: tab !== undefined }
}

export function sideName({ kind, isTab }: Side): string {
  return isTab ? `tab@${kind}` : kind
}

/** Relays on the Internet, and a host for each of two. */
export interface Meeting {
  readonly lab: NatLab
  readonly hosts: readonly [Host, Host]
  /** The two come anew each time. */
  trial(flags: readonly string[]): Promise<Trial>
  end(): Promise<void>
}

export async function prepareMeeting([a, b]: readonly [Side, Side], relayCount: number): Promise<Meeting> {
  const lab = new NatLab()
  const relays: Awaited<ReturnType<typeof startRelay>>[] = []
  const end = async (): Promise<void> => {
    await Promise.all(relays.map(relay => relay.end()))
    lab.remove()
  }
  try {
    for (let index = 1; index <= relayCount; index += 1)
      relays.push(await startRelay(lab.host(`relay-${index}`, 'open'), relays[0]?.web))
    const bootstrap = relays.flatMap(({ tcp }) => ['--bootstrap', tcp])
    const peers = relays.map(({ peer }) => peer)
    const page = relays.at(-1)?.page ?? ''
    const hosts: [Host, Host] = [lab.host('anna', a.kind), lab.host('bob', b.kind)]
    const start = ({ isTab }: Side, host: Host, flags: readonly string[]) =>
      isTab ? openTabAt(host, page) : startProgram(host, [...bootstrap, ...flags], peers)
    const trial = (flags: readonly string[]): Promise<Trial> =>
      meetAndTalk([start(a, hosts[0], flags), start(b, hosts[1], flags)])
    return { lab, hosts, trial, end }
  } catch (thrown) {
    await end()
    throw thrown
  }
}

/** Programs reach it by 443, so that who may use nothing else does; tabs get the page and the addresses of both relays from the second. */
async function startRelay(host: Host, other: string | undefined) {
  const at = (rest: string): string => `/ip4/${host.address}/tcp/${rest}`
  const listen = [at('443'), at('4002/ws')].flatMap(place => ['--listen', place, '--announce', place])
  const known = other === undefined ? [] : ['--bootstrap', other]
  const page = `${host.address}:80`
  const { running, end } = await launch(host, ['relay', ...listen, ...known, '--http', page, '--no-mdns'])
  const { peer } = await running.ready()
  return { peer, tcp: `${at('443')}/p2p/${peer}`, web: `${at('4002/ws')}/p2p/${peer}`, page: `http://${page}/`, end }
}
