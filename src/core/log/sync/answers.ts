import { compareBounds } from './bound.ts'
import type { SyncRange } from './negentropy-message.ts'
import type { Span } from './reading.ts'
import type { SyncBound } from './sync-set.ts'

type Asked = Span & { readonly kind: SyncRange['kind'] }

/**
 * Whether a responder that keeps to the protocol could have answered so: each range lies within one that was asked; where
 * ids were asked it lists, where a fingerprint was asked it lists or names narrower ones. A message that was full may end
 * in one fingerprint for all that is left, behind a real answer. So no round leaves as much open as there was.
 */
export function isAnswerTo(asked: readonly SyncRange[], answer: readonly SyncRange[], from: SyncBound): boolean {
  const questions = spansOf(asked, from)
  const answers = spansOf(answer, from)
  const last = answers.at(-1)
  const isRest = last?.kind === 'fingerprint' && last.upper.ms === Infinity && answers.some(each => isReal(each, last))
  const checked = isRest ? answers.slice(0, -1) : answers
  let at = 0
  return checked.every(each => {
    if (each.kind === 'skip') return true
    while (isAbove(each, questions[at])) at += 1
    const question = questions[at]
    return question !== undefined && fits(each, question)
  })
}

function isReal(answer: Asked, last: Asked): boolean {
  return answer !== last && answer.kind !== 'skip'
}

function isAbove({ lower }: Span, question: Span | undefined): boolean {
  return question !== undefined && compareBounds(question.upper, lower) <= 0 && question.upper.ms !== Infinity
}

function fits(answer: Asked, question: Asked): boolean {
  const [atLower, atUpper] = [compareBounds(answer.lower, question.lower), compareBounds(answer.upper, question.upper)]
  if (atLower < 0 || atUpper > 0) return false
  if (answer.kind === 'ids') return question.kind !== 'skip'
  return question.kind === 'fingerprint' && (atLower > 0 || atUpper < 0)
}

function spansOf(ranges: readonly SyncRange[], from: SyncBound): Asked[] {
  return ranges.map(({ kind, upper }, index) => ({ kind, lower: ranges[index - 1]?.upper ?? from, upper }))
}
