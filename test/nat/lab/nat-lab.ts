import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { IP6_RULES, lossRules, rulesOf, type Ip6Kind, type NatKind, type SharedKind } from './nat-kind.ts'

/** Addresses that libp2p takes for public ones: those set aside for examples it counts as private. */
const INTERNET = '44.0.0'
const INTERNET6 = '2a00:44::'
/** Who passes on between the networks of IPv6. */
const CARRIER6 = `${INTERNET6}ffff`
const IP4_SHARED: Readonly<Record<SharedKind, { hairpin: boolean; apart: boolean; homes: boolean }>> = {
  'one-lan': { hairpin: false, apart: false, homes: false },
  guests: { hairpin: false, apart: true, homes: false },
  'guests-hairpin': { hairpin: true, apart: true, homes: false },
  provider: { hairpin: false, apart: false, homes: true },
  'provider-hairpin': { hairpin: true, apart: false, homes: true }
}
const PREFIX = 'starling-nat-'
const NAMESPACES = '/var/run/netns'

export interface Host {
  readonly name: string
  /** Its address on its own network. */
  readonly address: string
  /** The words that run a command there. */
  readonly wrap: readonly string[]
}

export interface Router {
  readonly space: string
  readonly subnet: string
  /** The network of IPv6 behind it. */
  readonly subnet6: string
  /** Those on its LAN do not reach each other there. */
  readonly apart: boolean
  hosts: number
}

interface RouterOptions {
  readonly provider?: Router
  readonly hairpin?: boolean
  readonly apart?: boolean
  readonly ip6?: boolean
  readonly dropsUdp?: boolean
}

interface LabOptions {
  /** So many in a hundred packets get lost between two networks, each way. */
  readonly loss?: number
}

/** The IPv6 address of a host with a public one of IPv4. */
export function ip6Of({ address }: Host): string {
  return `${INTERNET6}${address.split('.')[3]}`
}

/** Why no NATs can be made here; undefined when they can. */
export function whyNoNats(): string | undefined {
  if (process.platform !== 'linux') return 'NATs need network namespaces, which need Linux'
  if (process.getuid?.() !== 0) return 'NATs need network namespaces, which need root'
  if (spawnSync('ip', ['-V']).error !== undefined) return 'NATs need the `ip` command (package iproute2)'
  if (spawnSync('nft', ['-v']).error !== undefined) return 'NATs need the `nft` command (package nftables)'
  try {
    const lab = new NatLab()
    try {
      for (const kind of ['symmetric-sequential', 'symmetric-random', 'address-restricted'] as const)
        lab.host(kind, kind)
    } finally {
      lab.remove()
    }
    return undefined
  } catch (thrown) {
    const said = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr) : String(thrown)
    return `NATs cannot be made here: ${said.trim().split('\n')[0]}`
  }
}

/**
 * An Internet of network namespaces: hosts with public addresses on one bridge, and others behind routers with the kernel's own
 * NAT. Nothing in it reaches anything outside it.
 */
export class NatLab {
  readonly #spaces: string[] = []
  readonly #internet: string
  #public = 0
  #subnets = 0

  /** Removes first what runs have left that were killed. */
  constructor({ loss = 0 }: LabOptions = {}) {
    removeLeftovers()
    this.#internet = this.#space('internet')
    makeBridge(this.#internet, 'net')
    if (loss > 0) applyRules(this.#internet, lossRules(loss))
    ip('-n', this.#internet, '-6', 'address', 'add', `${CARRIER6}/64`, 'dev', 'net', 'nodad')
    forwardIp6(this.#internet)
  }

  /** A host with a public address, or behind a router of this kind, or behind two. */
  host(name: string, kind: NatKind): Host {
    if (kind === 'open') return this.#publicHost(name)
    if (kind !== 'double') return this.behind(name, this.router(`${name}-router`, kind))
    const outer = this.router(`${name}-provider`, 'port-restricted')
    return this.behind(name, this.router(`${name}-router`, 'port-restricted', { provider: outer }))
  }

  /** Two neighbours. */
  neighbours(names: readonly [string, string], kind: SharedKind): [Host, Host] {
    const { hairpin, apart, homes } = IP4_SHARED[kind]
    const shared = this.router('shared', 'port-restricted', { hairpin, apart })
    const place = (name: string): Host =>
      this.behind(name, homes ? this.router(`${name}-router`, 'port-restricted', { provider: shared }) : shared)
    return [place(names[0]), place(names[1])]
  }

  /** A host with IPv6 behind a firewall, with IPv4 or without. */
  host6(name: string, kind: Ip6Kind): Host {
    const router = this.router(`${name}-router`, 'port-restricted', { ip6: true })
    const host = this.behind(name, router)
    const space = spaceOf(host)
    const address = `${router.subnet6}2`
    ip('-n', space, '-6', 'address', 'add', `${address}/64`, 'dev', 'eth0', 'nodad')
    ip('-n', space, '-6', 'route', 'add', 'default', 'via', `${router.subnet6}1`)
    if (kind === 'dual-stack') return host
    ip('-n', space, '-4', 'address', 'flush', 'dev', 'eth0')
    return { ...host, address }
  }

  /** A router on the Internet, or behind another one. */
  router(name: string, kind: NatKind, options: RouterOptions = {}): Router {
    const { provider, hairpin = false, apart = false, ip6 = false, dropsUdp = false } = options
    const space = this.#space(name)
    this.#subnets += 1
    const router: Router = {
      space,
      subnet: `10.${this.#subnets}.0`,
      subnet6: `2a00:44:${this.#subnets}::`,
      apart,
      hosts: 0
    }
    const outside = provider === undefined ? this.#attach(space, 'wan') : attachBehind(provider, space, 'wan')
    makeBridge(space, 'lan')
    ip('-n', space, 'address', 'add', `${router.subnet}.1/24`, 'dev', 'lan')
    inside(space, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
    // Where the kernel filters bridges, too, it would bridge what hairpins to the neighbour, past this router.
    inside(space, 'sysctl', '-q', '-e', '-w', 'net.bridge.bridge-nf-call-iptables=0')
    const rules = rulesOf(kind, { outside, host: `${router.subnet}.2`, hairpin, dropsUdp })
    applyRules(space, ip6 ? `${rules}${IP6_RULES}` : rules)
    if (ip6) this.#connectIp6(router)
    return router
  }

  /** A host behind this router. */
  behind(name: string, router: Router): Host {
    const space = this.#space(name)
    return { name, address: attachBehind(router, space, 'eth0'), wrap: wrapOf(space) }
  }

  /** Pulls the host's cable: its addresses go, and what it had open hears nothing more. */
  unplug(host: Host): void {
    ip('-n', spaceOf(host), 'link', 'delete', 'eth0')
  }

  /** A host without a cable gets an address on this network. */
  plug(host: Host, router: Router): void {
    attachBehind(router, spaceOf(host), 'eth0')
  }

  /** This host at one more public address, from which it says nothing unasked. */
  atAnotherAddress(host: Host): Host {
    this.#public += 1
    const address = `${INTERNET}.${this.#public}`
    ip('-n', spaceOf(host), 'address', 'add', `${address}/24`, 'dev', 'eth0')
    return { ...host, address }
  }

  /** Takes all of it away, with the processes' connections. */
  remove(): void {
    for (const space of this.#spaces.splice(0)) spawnSync('ip', ['netns', 'delete', space])
  }

  #publicHost(name: string): Host {
    const space = this.#space(name)
    const address = this.#attach(space, 'eth0')
    ip('-n', space, '-6', 'route', 'add', `${INTERNET6}/32`, 'via', CARRIER6)
    return { name, address, wrap: wrapOf(space) }
  }

  #connectIp6({ space, subnet6 }: Router): void {
    ip('-n', space, '-6', 'address', 'add', `${subnet6}1/64`, 'dev', 'lan', 'nodad')
    ip('-n', space, '-6', 'route', 'add', 'default', 'via', CARRIER6)
    ip('-n', this.#internet, '-6', 'route', 'add', `${subnet6}/64`, 'via', `${INTERNET6}${this.#public}`)
    forwardIp6(space)
  }

  /** Connects the namespace with the Internet; its address there. */
  #attach(space: string, device: string): string {
    this.#public += 1
    const address = `${INTERNET}.${this.#public}`
    plug(this.#internet, 'net', space, device)
    ip('-n', space, 'address', 'add', `${address}/24`, 'dev', device)
    ip('-n', space, '-6', 'address', 'add', `${INTERNET6}${this.#public}/64`, 'dev', device, 'nodad')
    return address
  }

  #space(name: string): string {
    const space = `${PREFIX}${process.pid}-${name}`
    ip('netns', 'add', space)
    this.#spaces.push(space)
    // An address that comes into use seconds later is a change of network to Chromium, which breaks off what it loads.
    for (const which of ['all', 'default']) inside(space, 'sysctl', '-q', '-w', `net.ipv6.conf.${which}.accept_dad=0`)
    ip('-n', space, 'link', 'set', 'lo', 'up')
    return space
  }
}

function attachBehind(router: Router, space: string, device: string): string {
  router.hosts += 1
  const address = `${router.subnet}.${router.hosts + 1}`
  const port = plug(router.space, 'lan', space, device)
  if (router.apart) ip('-n', router.space, 'link', 'set', port, 'type', 'bridge_slave', 'isolated', 'on')
  ip('-n', space, 'address', 'add', `${address}/24`, 'dev', device)
  ip('-n', space, 'route', 'add', 'default', 'via', `${router.subnet}.1`)
  return address
}

/** A cable from a bridge to a device of another namespace; the bridge's port. */
function plug(bridgeSpace: string, bridge: string, space: string, device: string): string {
  const port = `${bridge}${countOfPorts(bridgeSpace)}`
  ip('link', 'add', device, 'netns', space, 'type', 'veth', 'peer', 'name', port, 'netns', bridgeSpace)
  ip('-n', bridgeSpace, 'link', 'set', port, 'master', bridge)
  ip('-n', bridgeSpace, 'link', 'set', port, 'up')
  ip('-n', space, 'link', 'set', device, 'up')
  return port
}

function countOfPorts(space: string): number {
  return ip('-n', space, '-o', 'link').split('\n').length
}

function makeBridge(space: string, name: string): void {
  ip('-n', space, 'link', 'add', name, 'type', 'bridge')
  ip('-n', space, 'link', 'set', name, 'up')
}

function forwardIp6(space: string): void {
  inside(space, 'sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=1')
}

function wrapOf(space: string): readonly string[] {
  return ['ip', 'netns', 'exec', space]
}

function spaceOf({ wrap }: Host): string {
  return wrap.at(-1) ?? ''
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
}

function inside(space: string, ...command: string[]): void {
  execFileSync('ip', ['netns', 'exec', space, ...command], { stdio: ['ignore', 'ignore', 'pipe'] })
}

function applyRules(space: string, input: string): void {
  execFileSync('ip', ['netns', 'exec', space, 'nft', '-f', '-'], { input, stdio: ['pipe', 'ignore', 'pipe'] })
}

/** Namespaces are named after the process that made them. */
function removeLeftovers(): void {
  const found = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []
  for (const space of found) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(space)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) spawnSync('ip', ['netns', 'delete', space])
  }
}
