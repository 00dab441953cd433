import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Ip6Kind, NatKind, SharedKind } from './nat-kind.ts'
import { ip6Of, NatLab, whyNoNats, type Host } from './nat-lab.ts'

const PROBE = fileURLToPath(new URL('./probe.mjs', import.meta.url))
const LOCAL = '5000'
const missing = whyNoNats()

interface Behaviour {
  /** What one local port looks like to three destinations, of which the second is another port of the first. */
  readonly mapping: 'own' | 'same' | 'random' | 'steps' | 'none'
  /** Who gets in to a port from which one host was asked: whoever, that host from any port, that very port, or nobody. */
  readonly filtering: 'open' | 'address' | 'port' | 'none'
}

const BEHAVIOUR: Readonly<Record<NatKind, Behaviour>> = {
  open: { mapping: 'own', filtering: 'open' },
  'full-cone': { mapping: 'same', filtering: 'open' },
  'address-restricted': { mapping: 'same', filtering: 'address' },
  'port-restricted': { mapping: 'same', filtering: 'port' },
  'symmetric-random': { mapping: 'random', filtering: 'port' },
  'symmetric-sequential': { mapping: 'steps', filtering: 'port' },
  double: { mapping: 'same', filtering: 'port' },
  'udp-blocked': { mapping: 'none', filtering: 'none' },
  'only-443': { mapping: 'none', filtering: 'none' }
}

describe.skipIf(missing !== undefined)(`the lab's NATs${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  test.for(Object.entries(BEHAVIOUR) as [NatKind, Behaviour][])(
    '%s maps and filters as RFC 4787 says',
    async ([kind, behaviour]) => {
      const lab = new NatLab()
      onTestFinished(() => lab.remove())
      const [asked, other, stranger] = [
        lab.host('asked', 'open'),
        lab.host('other', 'open'),
        lab.host('stranger', 'open')
      ]
      const inside = lab.host('inside', kind)
      for (const each of [asked, other]) await say(each, 'ready', 'listen', '7001', '7002')
      const destinations = [`${asked.address}:7001`, `${asked.address}:7002`, `${other.address}:7001`]
      const seen = await say(inside, 'asked', 'ask', LOCAL, ...destinations)
      expect(mappingOf(inside, seen)).toBe(behaviour.mapping)

      // A new port, from which one destination alone is asked.
      const [shown] = await say(inside, 'asked', 'ask', '5001', destinations[0] ?? '')
      const heard = await heardUnasked(inside, { asked, stranger }, shown ?? 'silence')
      expect(heard).toBe(behaviour.filtering)
    }
  )

  test.for<[SharedKind, string]>([
    ['one-lan', 'nothing'],
    ['guests', 'nothing'],
    ['guests-hairpin', 'its address outside'],
    ['provider', 'nothing'],
    ['provider-hairpin', 'its address outside']
  ])('%s: by the address outside a neighbour is heard with %s', async ([kind, expected]) => {
    const lab = new NatLab()
    onTestFinished(() => lab.remove())
    const asked = lab.host('asked', 'open')
    const [one, other] = lab.neighbours(['one', 'other'], kind)
    await say(asked, 'ready', 'listen', '7001')
    const [own = ''] = await say(other, 'asked', 'ask', '8001', `${asked.address}:7001`)
    running.get(other.name)?.at(-1)?.child.kill('SIGKILL')
    // The routers at home let in only those to whom was written.
    const [shown = ''] = await say(one, 'asked', 'ask', '5001', `${asked.address}:7001`, own)
    expect(shown).toMatch(/^44\./)
    await finished(start(other, 'send', '8001', shown))
    const heard = await lineWithin(running.get(one.name)?.at(-1), `heard ${own}`)
    expect(heard ? 'its address outside' : 'nothing').toBe(expected)
  })

  test.for<Ip6Kind>(['ip6-firewall', 'dual-stack'])('%s has IPv6 that lets in only answers', async kind => {
    const lab = new NatLab()
    onTestFinished(() => lab.remove())
    const outside = lab.host('outside', 'open')
    const inside = lab.host6('inside', kind)
    await say(outside, 'ready', 'listen', '7001')
    // What is sent while the new links find their neighbours may be lost.
    const target = `[${ip6Of(outside)}]:7001`
    const answers = await say(inside, 'asked', 'ask', '5001', target, target, target)
    const shown = answers.find(each => each !== 'silence') ?? 'silence'
    expect(shown).toMatch(/^\[2a00:44:\d+::2\]:5001$/)
    await finished(start(outside, 'send', '8001', shown))
    expect(await lineWithin(running.get(inside.name)?.at(-1), `heard [${ip6Of(outside)}]:8001`)).toBe(false)
  })
})

function mappingOf(inside: Host, seen: readonly string[]): Behaviour['mapping'] {
  if (seen.every(each => each === 'silence')) return 'none'
  const ports = seen.map(each => Number(each.split(':')[1]))
  if (new Set(seen).size === 1) return seen[0] === `${inside.address}:${LOCAL}` ? 'own' : 'same'
  const [first = 0, second = 0, third = 0] = ports
  return second - first === third - second ? 'steps' : 'random'
}

/** Who gets in, of a host that was never asked and another port of the one that was. */
async function heardUnasked(
  inside: Host,
  { asked, stranger }: { asked: Host; stranger: Host },
  shown: string
): Promise<Behaviour['filtering']> {
  if (shown === 'silence') return 'none'
  const listener = running.get(inside.name)?.at(-1)
  for (const [from, port, outcome] of [
    [stranger, '8001', 'open'],
    [asked, '8002', 'address']
  ] as const) {
    await finished(start(from, 'send', port, shown))
    if (await lineWithin(listener, `heard ${from.address}:${port}`)) return outcome
  }
  return 'port'
}

const running = new Map<string, { child: ChildProcess; lines: string[]; wake: () => void }[]>()

function start(host: Host, ...args: string[]): ChildProcess {
  const command = [...host.wrap, process.execPath, PROBE, ...args]
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Starts a probe and gives the lines that it prints before this one. */
async function say(host: Host, last: string, ...args: string[]): Promise<string[]> {
  const probe = { child: start(host, ...args), lines: [] as string[], wake: () => undefined as void }
  running.set(host.name, [...(running.get(host.name) ?? []), probe])
  createInterface({ input: probe.child.stdout ?? process.stdin }).on('line', line => {
    probe.lines.push(line)
    probe.wake()
  })
  while (!probe.lines.includes(last)) await new Promise<void>(resolve => (probe.wake = resolve))
  return probe.lines.slice(0, probe.lines.indexOf(last))
}

async function finished(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit')
}

/** Packets in the lab take microseconds; what is to stay out has had its time after this. */
async function lineWithin(probe: { lines: string[]; wake: () => void } | undefined, line: string): Promise<boolean> {
  const end = Date.now() + 700
  while (probe !== undefined && Date.now() < end) {
    if (probe.lines.includes(line)) return true
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, 50)
      probe.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
  return false
}
