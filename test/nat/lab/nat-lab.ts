import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { rulesOf, type NatKind } from './nat-kind.ts'

/** Addresses that libp2p takes for public ones: those set aside for examples it counts as private. */
const INTERNET = '44.0.0'
const INTERNET6 = '2a00:44::'
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
  hosts: number
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
  constructor() {
    removeLeftovers()
    this.#internet = this.#space('internet')
    makeBridge(this.#internet, 'net')
  }

  /** A host with a public address, or behind a router of this kind, or behind two. */
  host(name: string, kind: NatKind): Host {
    if (kind === 'open') return this.#publicHost(name)
    if (kind !== 'double') return this.behind(name, this.router(`${name}-router`, kind))
    const outer = this.router(`${name}-provider`, 'port-restricted')
    return this.behind(name, this.router(`${name}-router`, 'port-restricted', outer))
  }

  /** A router on the Internet, or behind another one. */
  router(name: string, kind: NatKind, provider?: Router): Router {
    const space = this.#space(name)
    this.#subnets += 1
    const router: Router = { space, subnet: `10.${this.#subnets}.0`, hosts: 0 }
    const outside = provider === undefined ? this.#attach(space, 'wan') : attachBehind(provider, space, 'wan')
    makeBridge(space, 'lan')
    ip('-n', space, 'address', 'add', `${router.subnet}.1/24`, 'dev', 'lan')
    inside(space, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
    const rules = rulesOf(kind, { outside, host: `${router.subnet}.2` })
    execFileSync('ip', ['netns', 'exec', space, 'nft', '-f', '-'], { input: rules, stdio: ['pipe', 'ignore', 'pipe'] })
    return router
  }

  /** A host behind this router. */
  behind(name: string, router: Router): Host {
    const space = this.#space(name)
    return { name, address: attachBehind(router, space, 'eth0'), wrap: wrapOf(space) }
  }

  /** Takes all of it away, with the processes' connections. */
  remove(): void {
    for (const space of this.#spaces.splice(0)) spawnSync('ip', ['netns', 'delete', space])
  }

  #publicHost(name: string): Host {
    const space = this.#space(name)
    return { name, address: this.#attach(space, 'eth0'), wrap: wrapOf(space) }
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
    ip('-n', space, 'link', 'set', 'lo', 'up')
    return space
  }
}

function attachBehind(router: Router, space: string, device: string): string {
  router.hosts += 1
  const address = `${router.subnet}.${router.hosts + 1}`
  plug(router.space, 'lan', space, device)
  ip('-n', space, 'address', 'add', `${address}/24`, 'dev', device)
  ip('-n', space, 'route', 'add', 'default', 'via', `${router.subnet}.1`)
  return address
}

/** A cable from a bridge to a device of another namespace. */
function plug(bridgeSpace: string, bridge: string, space: string, device: string): void {
  const port = `${bridge}${countOfPorts(bridgeSpace)}`
  ip('link', 'add', device, 'netns', space, 'type', 'veth', 'peer', 'name', port, 'netns', bridgeSpace)
  ip('-n', bridgeSpace, 'link', 'set', port, 'master', bridge)
  ip('-n', bridgeSpace, 'link', 'set', port, 'up')
  ip('-n', space, 'link', 'set', device, 'up')
}

function countOfPorts(space: string): number {
  return ip('-n', space, '-o', 'link').split('\n').length
}

function makeBridge(space: string, name: string): void {
  ip('-n', space, 'link', 'add', name, 'type', 'bridge')
  ip('-n', space, 'link', 'set', name, 'up')
}

function wrapOf(space: string): readonly string[] {
  return ['ip', 'netns', 'exec', space]
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
}

function inside(space: string, ...command: string[]): void {
  execFileSync('ip', ['netns', 'exec', space, ...command], { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Namespaces are named after the process that made them. */
function removeLeftovers(): void {
  const found = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []
  for (const space of found) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(space)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) spawnSync('ip', ['netns', 'delete', space])
  }
}
