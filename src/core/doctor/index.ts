/** The doctor: what a peer can find out about its own network, with advice, as a program and as a tab show it. */
export type * from './report.ts'
export type { UdpFinding } from './compose-report.ts'
export { examine } from './examine.ts'
export { gatherCandidates, type IceCandidate } from './ice-candidates.ts'
export { mappingByIce, stunServers } from './ice-mapping.ts'
export { short } from './witness-words.ts'
export * from './words.ts'
