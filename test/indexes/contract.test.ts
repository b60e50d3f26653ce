import { accounted } from '../../src/indexes/accounted.ts'
import { withBreaker } from '../../src/indexes/breaker.ts'
import { answerMemory, cached } from '../../src/indexes/cached.ts'
import type { Index } from '../../src/indexes/contract.ts'
import { httpIndex } from '../../src/indexes/http-index.ts'
import { observed } from '../../src/indexes/observed.ts'
import { shared } from '../../src/indexes/shared.ts'
import { privateWindows } from '../../src/indexes/windows.ts'
import { silent } from '../../src/log/report.ts'
import type { PageReply, UpstreamClient } from '../../src/upstream/contract.ts'
import { UpstreamError } from '../../src/upstream/error.ts'
import { type Made, describeIndex } from '../contracts/index-contract.ts'
import { fakeClock, fakeIndex } from '../support/fake-index.ts'
import { streamed } from '../support/streamed.ts'
import { memoryPageStore } from '../support/memory-page-store.ts'

const clock = fakeClock()
const { now } = clock

/** The wrapper around an index that says what the contract wants. */
function wrapped(wrap: (inner: Index) => Index): () => Made {
  return () => {
    const inner = fakeIndex('corp', now, 2000)
    inner.says(['acme-1.0.tar.gz'], 'acme')
    inner.lists(['acme'])
    return {
      index: wrap(inner),
      fail() {
        inner.says('connect', 'acme')
        inner.says('connect')
        inner.lists('connect')
      },
    }
  }
}

function json(body: object): PageReply {
  return {
    kind: 'page',
    url: 'https://corp.example/simple/',
    mediaType: 'application/vnd.pypi.simple.v1+json',
    body: Buffer.from(JSON.stringify({ meta: { 'api-version': '1.0' }, ...body })),
    delimited: true,
  }
}

function overHttp(): Made {
  let failing = false
  const unused = () => Promise.reject(new Error('not asked for here'))
  const client: UpstreamClient = {
    async getPage(url) {
      if (failing) throw new UpstreamError('corp', 'connect', 'no connection')
      if (url.endsWith('/simple/')) return json({ projects: [{ name: 'acme' }] })
      if (!url.endsWith('/acme/')) return { kind: 'absent', status: 404 }
      return json({ name: 'acme', files: [{ filename: 'acme-1.0.tar.gz', url: 'acme-1.0.tar.gz', hashes: {} }] })
    },
    async streamPage(url, request, read) {
      return streamed(await this.getPage(url, request), read)
    },
    openFile: unused,
    readPart: unused,
    headFile: unused,
    close: () => Promise.resolve(),
  }
  const index = httpIndex(client, {
    upstream: 'corp',
    url: 'https://corp.example/simple/',
    format: 'auto',
    emptyIsAbsent: false,
    windows: privateWindows(),
    now,
  })
  return {
    index,
    fail() {
      failing = true
    },
  }
}

describeIndex('an upstream over HTTP', overHttp)
describeIndex(
  'shared',
  wrapped((inner) => shared(inner, { now })),
)
describeIndex(
  'with a breaker',
  wrapped((inner) => withBreaker(inner, { now })),
)
describeIndex(
  'observed',
  wrapped((inner) => observed(inner, { upstream: 'corp', report: silent, now })),
)
describeIndex(
  'accounted',
  wrapped((inner) => accounted(inner, { upstream: 'corp', report: silent, now })),
)
describeIndex(
  'cached',
  wrapped((inner) =>
    cached(inner, {
      upstream: 'corp',
      fingerprint: 'f',
      windows: privateWindows(),
      store: memoryPageStore(),
      memory: answerMemory(1e6),
      now,
    }),
  ),
)
