import { expect, test } from 'vitest'
import { readStatistics } from '../../src/core/network/libp2p/ice.ts'

const CANDIDATES = [
  { type: 'local-candidate', id: 'L1', candidateType: 'host' },
  { type: 'local-candidate', id: 'L2', candidateType: 'srflx' },
  { type: 'local-candidate', id: 'L3', candidateType: 'relay' },
  { type: 'remote-candidate', id: 'R1', candidateType: 'prflx' },
  { type: 'remote-candidate', id: 'R2', candidateType: 'host' }
]
const PAIRS = [
  { type: 'candidate-pair', id: 'P1', localCandidateId: 'L1', remoteCandidateId: 'R2', state: 'failed' },
  {
    type: 'candidate-pair',
    id: 'P2',
    localCandidateId: 'L3',
    remoteCandidateId: 'R1',
    state: 'succeeded',
    nominated: true
  },
  { type: 'candidate-pair', id: 'P3', localCandidateId: 'L2', remoteCandidateId: 'R1', state: 'succeeded' }
]

test('Candidates are counted by kind, and the pair that the transport names carries', () => {
  expect(readStatistics([...CANDIDATES, ...PAIRS, { type: 'transport', selectedCandidatePairId: 'P3' }])).toEqual({
    local: { host: 1, srflx: 1, prflx: 0, relay: 1 },
    remote: { host: 1, srflx: 0, prflx: 1, relay: 0 },
    pair: { local: 'srflx', remote: 'prflx' }
  })
})

test('Where no transport names one, the nominated pair that succeeded carries', () => {
  expect(readStatistics([...CANDIDATES, ...PAIRS]).pair).toEqual({ local: 'relay', remote: 'prflx' })
})

test('Statistics of another shape tell nothing', () => {
  const odd = [null, 3, 'x', {}, { type: 'local-candidate', candidateType: 'toString' }, { type: 'candidate-pair' }]
  expect(readStatistics(odd)).toEqual({
    local: { host: 0, srflx: 0, prflx: 0, relay: 0 },
    remote: { host: 0, srflx: 0, prflx: 0, relay: 0 },
    pair: undefined
  })
})
