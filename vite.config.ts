import { defineConfig, type Plugin } from 'vite'
import packageJson from './package.json' with { type: 'json' }

/**
 * The policy of the built page. The peer that serves it sends the same one as a header, with `frame-ancestors`, which a
 * page cannot state for itself; stated here it holds on any static host, too.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join('; ')

const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
      injectTo: 'head-prepend'
    }
  ]
}

export default defineConfig({
  root: 'src/browser',
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { 'import.meta.env.STARLING_VERSION': JSON.stringify(packageJson.version) },
  plugins: [contentSecurityPolicy],
  build: {
    outDir: '../../dist/web',
    emptyOutDir: true,
    target: 'es2024',
    modulePreload: { polyfill: false },
    // libp2p comes in one chunk, loaded after the first paint.
    chunkSizeWarningLimit: 1024
  },
  // For `vite dev`: the core lies outside the root, and a running peer names the addresses to meet at.
  server: { fs: { allow: ['../..'] }, proxy: { '/bootstrap.json': 'http://127.0.0.1:8080' } }
})
