/** Who downloads, reduced to what is worth counting: a client's name and version, and nothing of its machine or its user. */

import { ownText } from './own-text.ts'

/** A name that we know and a version of at most three numbers, `pip/26.3`; the name alone; or `other`. */
export type Client = string

/** Longer ones are cut before they are read: what is worth counting stands at the beginning. */
const MAX_LENGTH = 512

/** Programs, by the name with which they begin, lower case. What is not here is `other`: a name of its own could be a person's. */
const PROGRAMS: ReadonlySet<string> = new Set(
  `pip uv poetry pdm unearth pipenv pip-tools hatch pex pixi rattler conda mamba micromamba setuptools distribute twine
  bandersnatch unidex devpi-server proxpi pep381client z3c.pypimirror artifactory nexus bazel homebrew renovate dependabot
  curl wget aria2 axel python-urllib python-urllib3 python-requests python-httpx aiohttp go-http-client okhttp java undici
  bot firefox chrome safari edge opera msie`.split(/\s+/),
)

/** What browsers call themselves, the one that names others first. */
const BROWSERS: readonly (readonly [product: string, name: string])[] = [
  ['Edg', 'edge'],
  ['Edge', 'edge'],
  ['OPR', 'opera'],
  ['Opera', 'opera'],
  ['Firefox', 'firefox'],
  ['Chrome', 'chrome'],
  ['MSIE', 'msie'],
]

const VERSION = /^\d{1,6}(?:\.\d{1,6}){0,2}/

/** Never fails, in linear time; what it gives, it gives for itself too. */
export function reduceUserAgent(userAgent: string | undefined): Client {
  const text = (userAgent ?? '').slice(0, MAX_LENGTH).trim()
  const [first = '', second = ''] = text.split(' ', 2)
  const [name, version] = splitProduct(first)
  // easy_install named the library before itself.
  if (name === 'python-urllib' && second.startsWith('setuptools/')) return reduceUserAgent(second)
  if (name === 'mozilla') return browserIn(text)
  if (PROGRAMS.has(name)) return withVersion(name, version)
  return /bot\b|crawl|spider/i.test(text) ? 'bot' : 'other'
}

function splitProduct(product: string): [name: string, version: string | undefined] {
  const slash = product.indexOf('/')
  if (slash === -1) return [product.toLowerCase(), undefined]
  return [product.slice(0, slash).toLowerCase(), product.slice(slash + 1)]
}

function withVersion(name: string, version: string | undefined): Client {
  const number = version === undefined ? undefined : VERSION.exec(version)?.[0]
  return number === undefined ? name : `${name}/${number}`
}

/** Of a browser the first number: the others tell people apart. */
function browserIn(text: string): Client {
  if (/bot\b|crawl|spider/i.test(text)) return 'bot'
  for (const [product, name] of BROWSERS) {
    const at = text.indexOf(`${product}/`)
    if (at !== -1) return withVersion(name, majorOf(text.slice(at + product.length + 1)))
  }
  if (text.includes('MSIE ')) return withVersion('msie', majorOf(text.slice(text.indexOf('MSIE ') + 5)))
  const safari = /^.*?Version\/(\d{1,6})/.exec(text)?.[1]
  if (safari !== undefined && text.includes('Safari/')) return withVersion('safari', safari)
  return withVersion('mozilla', majorOf(text.slice('mozilla/'.length)))
}

function majorOf(version: string): string | undefined {
  return /^\d{1,6}/.exec(version)?.[0]
}

/** The name before the version. */
export function programOf(client: Client): string {
  const slash = client.indexOf('/')
  return slash === -1 ? client : client.slice(0, slash)
}

/** User agents that are kept with what they are reduced to: the same few come again and again. */
const MAX_KNOWN = 1000

/** `reduceUserAgent` for many: remembers what it has seen lately. */
export function clientReader(): (userAgent: string | undefined) => Client {
  let known = new Map<string, Client>()
  return (userAgent = '') => {
    let client = known.get(userAgent)
    if (client !== undefined) return client
    client = reduceUserAgent(userAgent)
    if (known.size >= MAX_KNOWN) known = new Map()
    if (userAgent.length <= MAX_LENGTH) known.set(ownText(userAgent), ownText(client))
    return client
  }
}
