// Checks what the documents promise: every relative link leads somewhere, and the program knows every command of
// docs/contract.md. Prints one line for each that does not hold.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['.', 'docs', 'bootstrap', 'examples']
const CONTRACT = join(ROOT, 'docs/contract.md')

const complaints = [...documents().flatMap(brokenLinks), ...missingCommands()]
for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
process.exitCode = complaints.length === 0 ? 0 : 1

function documents(): string[] {
  const folders = FOLDERS.map(folder => join(ROOT, folder)).filter(existsSync)
  return folders.flatMap(folder => readdirSync(folder).map(name => join(folder, name))).filter(isDocument)
}

function isDocument(path: string): boolean {
  return path.endsWith('.md')
}

function brokenLinks(document: string): string[] {
  const complaints: string[] = []
  for (const [index, line] of proseLines(document).entries()) {
    for (const target of targetsIn(line)) {
      const reason = whyBroken(document, target)
      if (reason !== undefined) complaints.push(`${nameOf(document)}:${index + 1}: the link ${target} ${reason}`)
    }
  }
  return complaints
}

/** The lines of a document, with code made empty: what stands in code is no link. */
function proseLines(document: string): string[] {
  let isCode = false
  return readFileSync(document, 'utf8')
    .split('\n')
    .map(line => {
      const isFence = /^\s*(?:```|~~~)/.test(line)
      if (isFence) isCode = !isCode
      return isFence || isCode ? '' : line.replaceAll(/`[^`]*`/g, '')
    })
}

function targetsIn(line: string): string[] {
  const inline = [...line.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)]
  const references = [...line.matchAll(/^\s{0,3}\[[^\]]+\]:\s*(\S+)/g)]
  return [...inline, ...references].flatMap(match => match[1] ?? []).filter(isRelative)
}

function isRelative(target: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:/i.test(target) && !target.startsWith('//')
}

function whyBroken(document: string, target: string): string | undefined {
  const [path = '', fragment] = target.split('#')
  const file = path === '' ? document : resolve(dirname(document), decodeURI(path))
  if (relative(ROOT, file).startsWith('..')) return 'leads out of the repository'
  if (!existsSync(file)) return 'leads nowhere: there is no such file'
  if (fragment === undefined || !isDocument(file)) return undefined
  return anchorsOf(file).has(fragment.toLowerCase()) ? undefined : `leads nowhere: ${nameOf(file)} has no such heading`
}

/** The names by which headings can be linked to, made as GitHub makes them. */
function anchorsOf(document: string): Set<string> {
  const anchors = new Set<string>()
  for (const line of readFileSync(document, 'utf8').split('\n')) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
    if (heading === undefined) continue
    const name = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    let anchor = name
    for (let repeat = 1; anchors.has(anchor); repeat += 1) anchor = `${name}-${repeat}`
    anchors.add(anchor)
  }
  return anchors
}

function missingCommands(): string[] {
  if (!existsSync(CONTRACT)) return []
  const commands = commandsOf(readFileSync(CONTRACT, 'utf8'))
  if (commands.length === 0) return ['docs/contract.md: no command was found in the table under "## Commands"']
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'src/node/cli.ts'), '--help'], {
    encoding: 'utf8'
  })
  if (status !== 0) return ['docs/contract.md: `starling --help` did not answer, so its commands could not be checked']
  const known = stdout.split('\n').map(line => `${line.trim()} `)
  const missing = commands.filter(command => !known.some(line => line.startsWith(`${command} `)))
  return missing.map(command => `docs/contract.md: the command ${command} is not in \`starling --help\``)
}

/** The commands in the first column of the table: `room create`, `id show`, ... */
function commandsOf(contract: string): string[] {
  const section = contract.split(/^## /m).find(part => part.startsWith('Commands')) ?? ''
  const cells = section.split('\n').flatMap(line => /^\|((?:[^|\\]|\\.)*)\|/.exec(line)?.[1] ?? [])
  return cells.flatMap(cell => [...cell.matchAll(/`([^`]+)`/g)]).flatMap(([, usage = '']) => commandsIn(usage))
}

/** `room create NAME` is one command, `id [show | name NICK]` are three. */
function commandsIn(usage: string): string[] {
  const words = /^(?:starling )?([a-z]+(?: [a-z]+)*)(?= |$)/.exec(usage)?.[1]
  if (words === undefined) return []
  const choices = /^[^[]*\[([a-z][^\]]*)\]/.exec(usage)?.[1]?.split(/\\?\|/) ?? []
  const further = choices.flatMap(choice => /^\s*([a-z]+)/.exec(choice)?.[1] ?? [])
  return [words, ...further.map(word => `${words} ${word}`)]
}

function nameOf(path: string): string {
  return relative(ROOT, path)
}
