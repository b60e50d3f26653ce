/** The parts of undici that we use: its index loads twice as much besides, among it a fetch, a cache and mocks. */
import { createRequire } from 'node:module'
import type * as Undici from 'undici'

// Paths within the package, and what its index does with them, are those of the one version that package.json allows.
const load = createRequire(import.meta.url)
const { prototype } = load('undici/lib/dispatcher/dispatcher.js') as typeof Undici.Dispatcher
Object.assign(prototype, load('undici/lib/api'))

export const Pool = load('undici/lib/dispatcher/pool.js') as typeof Undici.Pool
export const EnvHttpProxyAgent = load(
  'undici/lib/dispatcher/env-http-proxy-agent.js',
) as typeof Undici.EnvHttpProxyAgent
export const errors = load('undici/lib/core/errors.js') as typeof Undici.errors
