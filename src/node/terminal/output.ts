import type { LogLevel } from '../command-line/values.ts'
import { oneLine } from '../exits.ts'
import { isToldAlready } from './full-disk.ts'
import { jsonLine } from './json-line.ts'
import { visible } from './visible.ts'

/** What a command says: results on stdout, the rest on stderr; with `--json` stdout holds JSON objects only. */
export interface Output {
  readonly json: boolean
  /** A result: the object with `--json`, else the text. */
  result(object: object, text: string): void
  /** For people, beside the result. */
  note(text: string): void
  /** For people only, and not among the results; nothing with `--json`. */
  aside(text: string): void
  log(level: LogLevel, text: string): void
}

const RANK: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 }

export function createOutput(options: { json: boolean; level: LogLevel }): Output {
  const { json, level: highest } = options
  return {
    json,
    result: (object, text) => toStdout(json ? jsonLine(object) : text),
    note: text => (json ? toStderr(text) : toStdout(text)),
    aside(text) {
      if (!json) toStderr(text)
    },
    log(level, text) {
      if (RANK[level] <= RANK[highest] && !isToldAlready(text))
        toStderr(`starling: ${level}: ${visible(oneLine(text))}`)
    }
  }
}

function toStdout(line: string): void {
  process.stdout.write(`${line}\n`)
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}
