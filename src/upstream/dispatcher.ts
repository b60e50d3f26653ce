/** The connections to one upstream: undici's pools with our limits, certificates and proxies. Never shared between upstreams. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { Dispatcher, Pool as UndiciPool } from 'undici'
import { UpstreamError } from './error.ts'
import type { Environment } from './secrets.ts'
import { EnvHttpProxyAgent, Pool } from './undici.ts'

const MAX_HEADER_BYTES = 64 * 1024

export interface DispatcherOptions {
  readonly upstream: string
  readonly connectTimeoutMs: number
  readonly maxConnections: number
  /** File with certificates (PEM) to trust beside the default ones. */
  readonly ca?: string | undefined
  /** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in lower case first. */
  readonly environment: Environment
  readonly lookup?: LookupFunction | undefined
  /** Told the bytes of each piece of a body that comes. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** @throws Error where the file of certificates cannot be read, or a proxy is no URL: what assembles us says so at start */
export function openDispatcher(options: DispatcherOptions): Dispatcher {
  const { upstream, connectTimeoutMs, environment, lookup } = options
  const secureContext = options.ca === undefined ? undefined : trusting(options.ca)
  const connect = {
    timeout: connectTimeoutMs,
    ...(secureContext && { secureContext }),
    ...(lookup && { lookup }),
  }
  const pool = {
    connections: options.maxConnections,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Limits of our own are exact; the one for silence within a body is set by those who read files.
    headersTimeout: 0,
    bodyTimeout: 0,
    // One well-known protocol towards servers that nobody vouches for.
    allowH2: false,
    connect,
  }
  const agent = new EnvHttpProxyAgent({
    ...pool,
    // An empty text is "none"; where it is undefined, undici reads the environment of the process.
    httpProxy: proxy('HTTP_PROXY', environment),
    httpsProxy: proxy('HTTPS_PROXY', environment),
    noProxy: variable('NO_PROXY', environment) ?? '',
    connectTimeout: connectTimeoutMs,
    requestTls: { ...connect, allowH2: false },
    proxyTls: { ...connect, allowH2: false },
    clientFactory: (origin) => new TunnelPool(origin, { ...pool, upstream }),
    // Plain requests through a proxy bring their own way to connect, and none of the other limits.
    factory: (origin, given) => new Pool(origin, Object.assign({}, pool, given)),
  })
  if (options.onBytes !== undefined) tally(agent, options.onBytes)
  return agent
}

/** Every request has a handler of its own, through which all that is received goes. */
function tally(agent: Dispatcher, onBytes: (bytes: number) => void): void {
  const dispatch = agent.dispatch.bind(agent)
  agent.dispatch = (options, handler) => {
    const onData = handler.onResponseData?.bind(handler)
    handler.onResponseData = (controller, chunk) => {
      onBytes(chunk.length)
      onData?.(controller, chunk)
    }
    return dispatch(options, handler)
  }
}

/** The default certificates (those of Node, or of the system where Node is told so, and NODE_EXTRA_CA_CERTS) and those of `file`. */
function trusting(file: string): SecureContext {
  const certificates = readFileSync(file)
  // Node would take what is no certificate in silence, and then trust nobody.
  if (!isCertificate(certificates)) throw new Error(`Cannot use ${file}: it does not begin with a certificate in PEM`)
  return createSecureContext({ ca: [...getCACertificates('default'), certificates] })
}

function isCertificate(bytes: Buffer): boolean {
  try {
    return new X509Certificate(bytes).raw.length > 0
  } catch {
    return false
  }
}

function variable(name: string, environment: Environment): string | undefined {
  return environment[name.toLowerCase()] ?? environment[name]
}

function proxy(name: string, environment: Environment): string {
  const value = variable(name, environment) ?? ''
  // As curl reads it: a host and port alone mean http.
  const url = value === '' || value.includes('://') ? value : `http://${value}`
  // Not what the URL parser throws: it holds the text, and with it the proxy's password.
  if (url !== '' && !URL.canParse(url)) throw new Error(`Cannot use ${name}: it is not a URL`)
  return url
}

/** Connections to a proxy that is asked for a tunnel: undici's own error does not say what a proxy answered. */
class TunnelPool extends Pool {
  readonly #upstream: string

  constructor(origin: URL, { upstream, ...options }: UndiciPool.Options & { readonly upstream: string }) {
    super(origin, options)
    this.#upstream = upstream
  }

  override connect(options: Parameters<UndiciPool['connect']>[0]): Promise<Dispatcher.ConnectData>
  override connect(...args: Parameters<UndiciPool['connect']>): void
  override async connect(options: Parameters<UndiciPool['connect']>[0]): Promise<Dispatcher.ConnectData> {
    const answer = await super.connect(options)
    const { socket, statusCode } = answer
    if (statusCode === 200) return answer
    socket.on('error', () => {}).destroy()
    throw new UpstreamError(
      this.#upstream,
      statusCode === 407 ? 'denied' : 'connect',
      `Cannot reach the upstream: its proxy answered ${statusCode}`,
      { status: statusCode },
    )
  }
}
