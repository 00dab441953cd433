// `npm run reach -- [--runs N] [--relays 1|2] [--loss PERCENT] [--pairs A:B,...] [--stock] [--write FILE] [-- FLAGS of starling up]`: who reaches whom by which way, through
// kernel NATs. Without --pairs all pairs of programs; `--pairs tab@port-restricted:port-restricted` has Chromium on the first side.
import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import { readOptions } from '../../scripts/read-options.ts'
import { whyNoNats, type Host } from './lab/nat-lab.ts'
import { fitTogether, KINDS, parseSide, PLACES, prepareMeeting, sideName, type Meeting, type Side } from './meeting.ts'
import { stockTrial, type StockPlace, type StockTrial } from './stock/stock-trial.ts'
import type { Trial } from './trial.ts'

const { values, positionals } = readOptions('reach', {
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1' },
    relays: { type: 'string', default: '2' },
    loss: { type: 'string', default: '0' },
    pairs: { type: 'string' },
    stock: { type: 'boolean', default: false },
    write: { type: 'string' }
  }
})
const [runs, relayCount, loss] = [Number(values.runs), Number(values.relays), Number(values.loss)]
const missing = whyNoNats()
if (missing !== undefined || !(runs > 0) || !(relayCount > 0) || !(loss >= 0 && loss < 100)) {
  process.stderr.write(`reach: ${missing ?? '--runs and --relays are positive numbers, --loss is one below 100'}\n`)
  process.exit(missing === undefined ? 2 : 1)
}

const OURS = 'talk | direct | way | to a connection | to the better way | messages | lost | twice'
const STOCK = ' stock: talk | direct | to a connection | to the better way |'
const lines = [`| pair | ${OURS} |${values.stock ? STOCK : ''}`]
lines.push(lines[0]?.replaceAll(/[^|]+/g, '---') ?? '')
for (const line of lines) process.stdout.write(`${line}\n`)
for (const pair of pairs()) {
  const line = await tryPair(pair)
  lines.push(line)
  process.stdout.write(`${line}\n`)
}
if (values.write !== undefined) await writeFile(values.write, `${lines.join('\n')}\n`)

function pairs(): [Side, Side][] {
  if (values.pairs === undefined) {
    const programs = KINDS.map((kind): Side => ({ kind, isTab: false }))
    return programs.flatMap((a, index) => programs.slice(index).map((b): [Side, Side] => [a, b]))
  }
  return values.pairs.split(',').map(text => {
    const [a, b] = text.split(':').map(parseSide)
    if (a !== undefined && b !== undefined && fitTogether(a, b)) return [a, b]
    process.stderr.write(`reach: ${text} is no pair of ${PLACES.join(', ')}, each for a program, or tab@ before it\n`)
    process.exit(2)
  })
}

async function tryPair(sides: [Side, Side]): Promise<string> {
  const meeting = await prepareMeeting(sides, relayCount, loss)
  try {
    const trials: Trial[] = []
    for (let run = 0; run < runs; run += 1) trials.push(await meeting.trial(positionals))
    return row(sides.map(sideName).join(' – '), trials) + (values.stock ? await stockCells(sides, meeting) : '')
  } finally {
    await meeting.end()
  }
}

async function stockCells([a, b]: readonly [Side, Side], { lab, hosts }: Meeting): Promise<string> {
  if (a.isTab || b.isTab) return ' – | – | – | – |'
  const relay = lab.host('stock-relay', 'open')
  const trials: StockTrial[] = []
  for (let run = 0; run < runs; run += 1)
    trials.push(await stockTrial(relay, [stockPlace(a, hosts[0]), stockPlace(b, hosts[1])]))
  const [talked, direct] = [
    count(trials, ({ path }) => path !== 'none'),
    count(trials, ({ path }) => path === 'direct')
  ]
  return ` ${talked} | ${direct} | ${middle(trials, t => t.connectedAfter)} | ${middle(trials, t => t.upgradedAfter)} |`
}

function stockPlace({ kind }: Side, host: Host): StockPlace {
  return { host, isPublic: kind === 'open' }
}

function row(pair: string, trials: readonly Trial[]): string {
  const sum = (of: (trial: Trial) => number): number => trials.reduce((total, trial) => total + of(trial), 0)
  const ways = [...new Set(trials.map(({ path }) => path))].join(', ')
  const talked = count(trials, trial => trial.talked)
  const direct = count(trials, ({ path }) => path !== 'relayed' && path !== 'none')
  const [connected, upgraded] = [middle(trials, t => t.connectedAfter), middle(trials, t => t.upgradedAfter)]
  return `| ${pair} | ${talked} | ${direct} | ${ways} | ${connected} | ${upgraded} | ${sum(t => t.sent)} | ${sum(t => t.lost)} | ${sum(t => t.twice)} |`
}

function count<T>(trials: readonly T[], fits: (trial: T) => boolean): string {
  return `${trials.filter(fits).length}/${trials.length}`
}

function middle<T>(trials: readonly T[], of: (trial: T) => number | undefined): string {
  const all = trials.flatMap(trial => of(trial) ?? []).toSorted((x, y) => x - y)
  const found = all[Math.floor(all.length / 2)]
  return found === undefined ? '–' : `${(found / 1000).toFixed(1)} s`
}
