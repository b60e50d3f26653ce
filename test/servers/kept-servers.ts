/** Servers that cannot be started here, by their habits; where each is known from stands beside the pages. */

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface KeptServer {
  /** Folder of its pages. */
  readonly pages: string
  /** Path of its index. */
  readonly index: string
  /** How it says that it does not have a project. */
  readonly lacks: (project: string) => Answer
  /** The password that it wants; without it, it answers `denied`. */
  readonly token?: string
  /** Default: 401. */
  readonly denied?: Answer
  /** With which status it sends whoever wants a file to another host. */
  readonly sendsFilesOn?: 302 | 303
  /** It refuses HEAD for files. */
  readonly headRefused?: boolean
  /** What of its files' hashes comes through. Default: sha256. */
  readonly hash?: 'sha256' | 'md5' | 'none'
  /** Files of whose hashes it says nothing. */
  readonly unhashed?: readonly string[]
  /** Files that it lists of `acme-core`. Default: all three. */
  readonly files?: readonly string[]
  readonly private: boolean
  /** What its upstream needs beside `url`, `private` and `auth`; `filesUrl` is where it sends whoever wants a file. */
  readonly settings?: (filesUrl: string) => Readonly<Record<string, unknown>>
}

export const WHEEL = 'acme_core-1.0-py3-none-any.whl'
const NEWER = 'acme_core-1.1-py3-none-any.whl'
export const FILES = [WHEEL, 'acme_core-1.0.tar.gz', NEWER]

const TOKEN = 'canary-of-kept-servers'
const HTML = { 'content-type': 'text/html' }
const JSON_TYPE = { 'content-type': 'application/json' }

const toPypi = (project: string): Answer => ({
  status: 302,
  headers: { ...HTML, location: `https://pypi.org/simple/${project}/` },
  body: `This resource has been moved temporarily to https://pypi.org/simple/${project}/.`,
})
const notFound =
  (body = '', headers: Answer['headers'] = HTML) =>
  (): Answer => ({ status: 404, headers, body })
const elsewhere = (filesUrl: string) => ({ filesAt: [filesUrl] })

export const KEPT_SERVERS = {
  'a hosted repository of Nexus': {
    pages: 'nexus-hosted',
    index: '/repository/pypi-internal/simple/',
    lacks: notFound('<!DOCTYPE html><html><head><title>404 - Nexus Repository</title></head><body>404</body></html>'),
    private: true,
    token: TOKEN,
  },
  'a local repository of Artifactory': {
    pages: 'artifactory-local',
    index: '/artifactory/api/pypi/pypi-local/simple/',
    lacks: notFound('{"errors":[{"status":404,"message":"Package not found"}]}', JSON_TYPE),
    private: true,
    token: TOKEN,
  },
  'a project of GitLab': {
    pages: 'gitlab-project',
    index: '/api/v4/projects/1/packages/pypi/simple/',
    lacks: toPypi,
    private: true,
    token: TOKEN,
  },
  'a group of GitLab': {
    pages: 'gitlab-group',
    index: '/api/v4/groups/7/-/packages/pypi/simple/',
    lacks: toPypi,
    private: true,
    token: TOKEN,
  },
  'a group of GitLab that does not forward': {
    pages: 'gitlab-group',
    index: '/api/v4/groups/7/-/packages/pypi/simple/',
    lacks: notFound('{"message":"404 Package Not Found"}', JSON_TYPE),
    private: true,
    token: TOKEN,
  },
  'a feed of Azure Artifacts': {
    pages: 'azure',
    index: '/acme/_packaging/feed/pypi/simple/',
    lacks: notFound('{"message":"The package does not exist"}', JSON_TYPE),
    private: true,
    token: TOKEN,
    // Whoever it does not know is sent to a page to sign in.
    denied: { status: 302, headers: { location: 'https://spsprodcca1.vssps.visualstudio.com/_signin?realm=x' } },
    sendsFilesOn: 303,
    headRefused: true,
    settings: (filesUrl) => ({ filesAt: ['{index origin}', filesUrl] }),
  },
  'Google Artifact Registry': {
    pages: 'google',
    index: '/acme/python/simple/',
    lacks: notFound('<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title>'),
    private: true,
    token: TOKEN,
  },
  'AWS CodeArtifact': {
    pages: 'codeartifact',
    index: '/pypi/shared/simple/',
    lacks: notFound('{"message":"Package not found."}', JSON_TYPE),
    private: true,
    token: TOKEN,
  },
  'Gitea 1.20': {
    pages: 'gitea-1.20',
    index: '/api/packages/acme/pypi/simple/',
    lacks: notFound('package does not exist', { 'content-type': 'text/plain;charset=utf-8' }),
    private: true,
    token: TOKEN,
    // Its fragment is `#sha256-…`, which no client reads.
    hash: 'none',
  },
  Forgejo: {
    pages: 'forgejo',
    index: '/api/packages/acme/pypi/simple/',
    lacks: notFound('package does not exist', { 'content-type': 'text/plain;charset=utf-8' }),
    private: true,
    token: TOKEN,
  },
  Cloudsmith: {
    pages: 'cloudsmith',
    index: '/basic/acme/python-private/python/simple/',
    lacks: notFound(),
    private: true,
    token: TOKEN,
  },
  "PyTorch's download index": {
    pages: 'pytorch',
    index: '/whl/cpu/',
    lacks: () => ({ status: 403, headers: { 'content-type': 'application/xml' }, body: '<Error>AccessDenied</Error>' }),
    private: false,
    files: [WHEEL, NEWER],
    unhashed: [WHEEL],
    settings: (filesUrl) => ({ absentOn: [403], ...elsewhere(`${filesUrl}whl/`) }),
  },
  "Anaconda's index": {
    pages: 'anaconda',
    index: '/acme/simple/',
    lacks: notFound(),
    private: false,
    sendsFilesOn: 302,
    hash: 'md5',
    settings: (filesUrl) => ({ filesAt: ['{index origin}', filesUrl] }),
  },
  'a server that gives an empty page for what it lacks': {
    pages: 'empty-page',
    index: '/simple/',
    lacks: () => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<!DOCTYPE html>\n<html><head><title>Links for it</title></head>\n<body><h1>Links for it</h1>\n</body></html>\n',
    }),
    private: true,
    settings: () => ({ emptyIsAbsent: true }),
  },
} satisfies Readonly<Record<string, KeptServer>>
