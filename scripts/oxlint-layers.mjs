// The layer table and the lint rule that enforces it. Imports point only left in this list, each layer is entered only
// through its index.ts, and each uses only the packages named here (a name ending in * stands for all that begin so).
// Told to oxlint by .oxlintrc.json; test/boundaries shows that every sentence below is said when it should be.
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A command that needs no network must not load libp2p, so what lies between them takes only types from there. */
const NETWORK_TYPES = ['core/network']

const LAYERS = [
  { name: 'core/bytes', packages: ['@noble/ciphers', '@noble/hashes', 'uint8arrays'] },
  { name: 'core/identity', packages: ['@noble/curves', '@scure/bip39'] },
  {
    name: 'core/network',
    packages: [
      'libp2p',
      '@libp2p/*',
      '@multiformats/*',
      'multiformats',
      'interface-datastore',
      'it-*',
      'uint8arraylist'
    ]
  },
  { name: 'core/doctor', packages: [] },
  { name: 'core/log', packages: ['level'], typesOnly: NETWORK_TYPES },
  { name: 'core/encryption', packages: ['ts-mls'], typesOnly: NETWORK_TYPES },
  { name: 'core/chat', packages: [], typesOnly: NETWORK_TYPES },
  {
    name: 'node',
    packages: ['node:*', '@libp2p/*', '@multiformats/*', 'datastore-level', 'level', 'node-datachannel', 'uqr'],
    files: ['package.json'],
    stranger: 'browser'
  },
  {
    name: 'browser',
    packages: ['@libp2p/*', '@multiformats/*', '@preact/signals', 'datastore-level', 'level', 'preact', 'uqr', 'vite'],
    files: ['package.json'],
    stranger: 'node'
  },
  { name: 'bootstrap', folder: 'bootstrap', packages: ['node:*'] }
].map(layer => ({ files: [], typesOnly: [], folder: `src/${layer.name}`, ...layer }))

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MORE = '(docs/architecture.md)'

/** What is wrong with `from` importing this, as a sentence; undefined when it may. */
function judge(from, file, specifier, isType) {
  if (specifier === undefined) return `${from.name} may not import a computed path: layers could not be checked ${MORE}`
  if (!specifier.startsWith('.') && !specifier.startsWith('/')) return judgePackage(from, specifier)
  const path = resolve(dirname(file), specifier.replace(/[?#].*$/, ''))
  const to = layerOf(path)
  if (to === from) return undefined
  if (to === undefined) return judgeFile(from, relativeToRoot(path))
  return judgeLayer(from, to, path, isType)
}

function judgePackage(from, specifier) {
  if (from.packages.some(name => covers(name, specifier))) return undefined
  if (specifier.startsWith('node:') && from.name !== 'browser') {
    return `${from.name} may not import ${specifier}: src/core runs in browsers, too ${MORE}`
  }
  if (specifier.startsWith('node:')) return `browser may not import ${specifier}: it is not there in a tab ${MORE}`
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  return `${from.name} may not import ${name}: the packages of each layer stand in scripts/oxlint-layers.mjs`
}

function judgeFile(from, path) {
  if (from.files.includes(path)) return undefined
  return `${from.name} may not import ${path}: a layer imports only layers and packages ${MORE}`
}

function judgeLayer(from, to, path, isType) {
  if (from.stranger === to.name) {
    return `${from.name} may not import ${to.name}: the two edges do not know each other ${MORE}`
  }
  if (LAYERS.indexOf(to) > LAYERS.indexOf(from)) {
    return `${from.name} may not import ${to.name}: imports point only left ${MORE}`
  }
  const door = `${to.folder}/index.ts`
  if (relativeToRoot(path) !== door) return `${from.name} may import ${to.name} only through its door, ${door} ${MORE}`
  if (isType || !from.typesOnly.includes(to.name)) return undefined
  return `${from.name} may import only types from ${to.name}: with values, every command would load libp2p ${MORE}`
}

function covers(name, specifier) {
  if (name.endsWith('*')) return specifier.startsWith(name.slice(0, -1))
  return specifier === name || specifier.startsWith(`${name}/`)
}

function layerOf(path) {
  const inside = relativeToRoot(path)
  return LAYERS.find(({ folder }) => inside.startsWith(`${folder}/`))
}

function relativeToRoot(path) {
  return relative(ROOT, path).replaceAll(sep, '/')
}

function create(context) {
  const file = join(context.filename)
  const from = layerOf(file)
  if (from === undefined) return {}
  const check = (source, isType) => {
    const message = judge(from, file, textOf(source), isType)
    if (message !== undefined) context.report({ node: source, message })
  }
  return {
    ImportDeclaration: node => check(node.source, node.importKind === 'type'),
    ExportAllDeclaration: node => check(node.source, node.exportKind === 'type'),
    ExportNamedDeclaration: node => node.source && check(node.source, node.exportKind === 'type'),
    ImportExpression: node => check(node.source, false),
    TSImportType: node => check(node.source ?? node.argument, true)
  }
}

function textOf(source) {
  if (source.type === 'TemplateLiteral' && source.expressions.length === 0) return source.quasis[0].value.cooked
  const literal = source.type === 'TSLiteralType' ? source.literal : source
  return typeof literal.value === 'string' ? literal.value : undefined
}

export default { meta: { name: 'starling' }, rules: { layers: { create } } }
