/** What a mirror says of itself (PEP 381, as far as it is of use today): who else has this index, and how new it is. */
import type { Context, Hono } from 'hono'
import { sayInstant } from '../simple/instant.ts'
import { sayLastModified } from '../simple/last-modified.ts'
import { type ListedMirror, writeMirrorList } from '../simple/mirror-list.ts'
import { textResponse } from './errors.ts'
import type { CurrentSnapshot, Snapshot } from './snapshot.ts'

const TEXT = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'no-cache',
  'X-Content-Type-Options': 'nosniff',
}

export function mirrorRoutes(app: Hono, current: CurrentSnapshot): void {
  app.get('/mirrors', (c) => {
    const snapshot = current()
    const root = new URL(c.req.url).origin
    if (wantsJson(c.req.header('accept'))) {
      const headers = { ...TEXT, 'Content-Type': 'application/json', Vary: 'Accept' }
      return c.body(`${JSON.stringify(asJson(snapshot, root))}\n`, 200, headers)
    }
    const sections = Array.from(snapshot.mirrored, ({ url, addresses }) => ({
      of: url,
      mirrors: Array.from(addresses(), (each) => splitUrl(each.url)),
    }))
    return c.body(writeMirrorList({ root, index: 'simple' }, sections), 200, { ...TEXT, Vary: 'Accept' })
  })

  app.get('/last-modified', (c) => {
    const at = current().upToDateAt()
    if (at === undefined)
      return textResponse(
        c,
        503,
        'Not every upstream was asked with success yet, so nobody can say how new this index is',
        {
          'Retry-After': '2',
        },
      )
    return c.body(`${sayLastModified(at)}\n`, 200, { ...TEXT, 'Last-Modified': new Date(at).toUTCString() })
  })

  for (const path of ['/serverkey', '/serversig', '/serversig/', '/serversig/:project', '/serversig/:project/'])
    app.get(path, (c) => gone(c))
}

/** The keys of the old master signed with DSA and SHA-1, and nobody checked them. */
function gone(c: Context): Response {
  return textResponse(
    c,
    410,
    'Signatures of mirrored pages were given up in 2014 (PEP 464): pages come over TLS, files are checked by the sha256 on their page, and attestations (PEP 740) say who published them',
  )
}

function asJson({ mirrored, upToDateAt }: Snapshot, root: string): unknown {
  const at = upToDateAt()
  return {
    index: `${root}/simple/`,
    ...(at !== undefined && { 'last-modified': sayInstant(at) }),
    upstreams: mirrored.map(({ name, url, addresses }) => ({
      name,
      url,
      addresses: addresses().map((address) => ({
        url: address.url,
        state: address.state,
        why: address.why,
        'latency-ms': address.latencyMs === undefined ? undefined : Math.round(address.latencyMs),
      })),
    })),
  }
}

/** `https://m.example/pypi/simple/` is the index `simple` below `https://m.example/pypi`. */
function splitUrl(url: string): ListedMirror {
  const at = url.lastIndexOf('/', url.length - 2)
  return at < url.indexOf('//') + 2
    ? { root: url.slice(0, -1), index: '' }
    : { root: url.slice(0, at), index: url.slice(at + 1, -1) }
}

function wantsJson(accept = ''): boolean {
  return accept.includes('application/json')
}
