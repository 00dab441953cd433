// The whole gate: every check, then every test, also when an earlier one failed. The last line counts both.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const CHECKS: readonly { name: string; command: string; repair: string }[] = [
  { name: 'format', command: 'oxfmt --check', repair: 'npm run format' },
  { name: 'types', command: 'node scripts/check-types.ts', repair: 'correct the types named above' },
  { name: 'lint and layers', command: 'oxlint', repair: 'correct what is named above' },
  { name: 'unused code', command: 'knip', repair: 'delete what is named above, or use it' },
  { name: 'documentation', command: 'node scripts/check-docs.ts', repair: 'correct the documents named above' }
]

const broken: string[] = []
for (const { name, command, repair } of CHECKS) {
  const started = performance.now()
  const { status, output } = await run(command)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (status === 0) {
    process.stdout.write(`ok      ${name} (${seconds} s)\n`)
    continue
  }
  broken.push(name)
  process.stdout.write(`${output}FAILED  ${name} (${command}): ${repair}\n\n`)
}

const tests = await runTests()
if (broken.length > 0) process.stdout.write(`\nChecks that failed, each counted below: ${broken.join(', ')}\n`)
process.stdout.write(`${closingLine(tests.counts)}\n`)
process.exitCode = tests.status === 0 && broken.length === 0 ? 0 : 1

function closingLine(counts: RegExpExecArray | undefined): string {
  // A run without its closing line was cut off: that is a failure of its own.
  const [passed, failed] = counts === undefined ? [0, 1] : [Number(counts[1]), Number(counts[2])]
  const sums = `${passed + CHECKS.length - broken.length} passed, ${failed + broken.length} failed`
  return sums + (counts?.[3] ?? '')
}

/** Runs the tests, passing on all they print but the closing line. */
async function runTests(): Promise<{ status: number; counts: RegExpExecArray | undefined }> {
  let held = ''
  const { status } = await run('vitest run', text => {
    held += text
    const end = held.trimEnd().lastIndexOf('\n') + 1
    process.stdout.write(held.slice(0, end))
    held = held.slice(end)
  })
  const counts = /^(\d+) passed, (\d+) failed(, \d+ skipped)?$/.exec(held.trim()) ?? undefined
  if (counts === undefined) process.stdout.write(held)
  return { status, counts }
}

function run(command: string, show?: (text: string) => void): Promise<{ status: number; output: string }> {
  const [program = '', ...parts] = command.split(' ')
  const env = { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) }
  const child = spawn(program, parts, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const take = show ?? ((text: string) => (output += text))
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', show === undefined ? take : (text: string) => process.stderr.write(text))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ status: code ?? 1, output }))
  })
}
