import type { ComponentChildren } from 'preact'
import { clockWords, natLines, type Report } from '../../core/doctor/index.ts'
import {
  candidateRows,
  nameOf,
  natWords,
  relayFacts,
  REPORT_TERMS,
  transportWords,
  trialWay,
  trialWords
} from '../report-words.ts'
import type { CheckState } from '../state/network-check.ts'
import type { SeenPeer } from '../state/network-view.ts'
import { Term } from './term.tsx'
import { clockTime } from './times.ts'

interface NetworkReportProps {
  readonly check: CheckState
  readonly peers: readonly SeenPeer[]
  readonly onCheck: () => void
}

/** What the doctor finds out about this device's own network, as far as a browser lets it. */
export function NetworkReport({ check, peers, onCheck }: NetworkReportProps) {
  const { report, running, problem } = check
  return (
    <section class="network-report" aria-labelledby="network-report" aria-busy={running}>
      <div class="report-head">
        <h3 id="network-report">What your network allows</h3>
        <button type="button" class="button" aria-disabled={running} onClick={onCheck}>
          {running ? 'Checking...' : 'Check again'}
        </button>
      </div>
      <p class="report-state" role="status">
        {stateWords(check)}
      </p>
      {problem !== undefined && <p role="alert">It could not be found out: {problem}. Check again in a moment.</p>}
      {report !== undefined && <Findings report={report} peers={peers} />}
    </section>
  )
}

function stateWords({ running, at }: CheckState): string {
  if (running)
    return 'Trying out the ways to the internet. This takes some seconds, up to half a minute where nothing answers.'
  return at === undefined ? '' : `Tried at ${clockTime(at)}.`
}

function Findings({ report, peers }: { report: Report; peers: readonly SeenPeer[] }) {
  const { nat, addresses, candidates, transports, relays, clock, warnings } = report
  return (
    <>
      {warnings.map(warning => (
        <p key={warning} class="report-warning">
          Warning: {warning}
        </p>
      ))}
      <div class="findings">
        <Finding title="Router" term={REPORT_TERMS.nat} advice={nat.advice}>
          <p class="found">{natWords(nat)}</p>
          {natLines(nat).map(line => (
            <p key={line} class="fact">
              {line}
            </p>
          ))}
        </Finding>
        <Finding title="Public address" term={REPORT_TERMS.seen} advice={addresses.advice}>
          <p class="found">{addresses.seen.length === 0 ? 'seen by no relay' : addresses.seen.join(', ')}</p>
        </Finding>
        <Finding title="Addresses for WebRTC" term={REPORT_TERMS.candidates} advice={candidates.advice}>
          <dl class="pairs">
            {candidateRows(candidates).map(({ words, explained, found }) => (
              <Pair key={words} name={<Term explained={explained}>{words}</Term>}>
                {found}
              </Pair>
            ))}
            {candidates.carries.map(({ peer, local, remote }) => (
              <Pair key={peer} name={<bdi>{nameOf(peer, peers, false)}</bdi>}>
                {`${local} to ${remote} carries`}
              </Pair>
            ))}
          </dl>
        </Finding>
        <Finding title="Relays" term={REPORT_TERMS.relays} advice={relays.advice}>
          {relays.known.length === 0 && <p class="found">none</p>}
          <dl class="pairs">
            {relays.known.map(relay => (
              <Pair key={relay.peer} name={nameOf(relay.peer, peers)}>
                {relayFacts(relay)}
              </Pair>
            ))}
            {relays.stun.map(({ server, answered }) => (
              <Pair key={server} name={<Term explained={REPORT_TERMS.stun}>STUN</Term>}>
                {`${server} ${answered ? 'answers' : 'does not answer'}`}
              </Pair>
            ))}
          </dl>
        </Finding>
        <Finding title="Clock" term={REPORT_TERMS.clock} advice={clock.advice} wide>
          <p class="found">{clockWords(clock)}</p>
        </Finding>
        <Finding title="Ways of connecting" term={REPORT_TERMS.transports} wide>
          <ul class="trials">
            {transports.map(trial => (
              <li key={trial.transport} data-state={trial.state}>
                <p class="found">
                  <Term explained={transportWords(trial).explained}>{transportWords(trial).words}</Term>{' '}
                  {trialWords(trial)}
                </p>
                <p class="fact">{trialWay(trial, peers)}</p>
                <p class="advice">{trial.advice}</p>
              </li>
            ))}
          </ul>
        </Finding>
      </div>
    </>
  )
}

interface FindingProps {
  readonly title: string
  readonly term: string
  readonly advice?: string
  /** As wide as the page. */
  readonly wide?: boolean
  readonly children: ComponentChildren
}

function Finding({ title, term, advice, wide = false, children }: FindingProps) {
  return (
    <section class={wide ? 'finding wide' : 'finding'} aria-label={title}>
      <h4>
        <Term explained={term}>{title}</Term>
      </h4>
      {children}
      {advice !== undefined && <p class="advice">{advice}</p>}
    </section>
  )
}

function Pair({ name, children }: { name: ComponentChildren; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
