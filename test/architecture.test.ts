/** The import table of the house: which folder of `src` knows which, so that an arrow up or a circle is seen when it is drawn. */
import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SRC = fileURLToPath(new URL('../src/', import.meta.url))

/** Lowest first; an import points down or stays in its folder. What is not in the table does not exist. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // What happened is said the same way everywhere.
  log: [],
  // Of the process that counts: those who hear of requests, and who put it together.
  metrics: ['log'],
  // Nor does it matter who has long work to do.
  pace: [],
  simple: ['log', 'pace'],
  // Counts of downloads as data; whoever keeps, shows or makes them is above.
  stats: ['simple', 'log', 'pace'],
  upstream: ['log', 'pace'],
  merge: ['simple', 'log', 'pace'],
  store: ['simple', 'stats', 'log', 'pace'],
  indexes: ['simple', 'upstream', 'store', 'log', 'pace'],
  resolve: ['simple', 'merge', 'indexes', 'store', 'log', 'pace'],
  files: ['simple', 'upstream', 'store', 'log', 'pace'],
  // Types of `resolve` only: what it found out is given to them.
  pages: ['simple', 'stats', 'merge', 'resolve', 'log', 'pace'],
  // It hears of an upstream's failure through `indexes`, and never asks one itself.
  http: ['simple', 'stats', 'merge', 'store', 'indexes', 'resolve', 'files', 'pages', 'log', 'metrics', 'pace'],
  // Types of `upstream` only: how it shows who we are is what the rules file says.
  config: ['simple', 'merge', 'upstream', 'log'],
  // An upstream with several addresses takes as many parts as the rest together.
  // What `assemble.ts` puts together.
  assembly: [
    'simple',
    'stats',
    'upstream',
    'merge',
    'store',
    'indexes',
    'resolve',
    'files',
    'pages',
    'http',
    'config',
    'log',
    'pace',
    'metrics',
  ],
  'assemble.ts': [
    'assembly',
    'simple',
    'stats',
    'upstream',
    'merge',
    'store',
    'indexes',
    'resolve',
    'files',
    'pages',
    'http',
    'config',
    'log',
    'pace',
    'metrics',
  ],
  // A command opens the port and the folders, and says what their failures mean as an exit code.
  cli: ['assemble.ts', 'assembly', 'config', 'http', 'resolve', 'store', 'log', 'metrics', 'simple', 'stats', 'pace'],
}

/** Folders whose files are alternatives to each other, and what all of them may share. */
const SIBLINGS: Readonly<Record<string, readonly string[]>> = {
  indexes: [
    'contract.ts',
    'windows.ts',
    'standing.ts',
    'patience.ts',
    'page-content.ts',
    'kept-answer.ts',
    'mirror-member.ts',
    'mirror-judge.ts',
  ],
  'merge/rules': [],
  pages: [
    'layout.ts',
    'style.ts',
    'foreign-text.ts',
    'bars.ts',
    'project-view.ts',
    'release-plots.ts',
    'stats-plots.ts',
  ],
}

/** Kinds of stores; a file belongs to the kind that its name begins with. */
const STORE_KINDS = ['disk', 'sqlite', 'memory', 'keyv', 'redis', 's3']
/** Pages are kept through Keyv, whatever is below it. */
const STORE_EXCEPTIONS = ['sqlite-page-store.ts -> keyv-page-store.ts']

/** The only folders that know a package; all may use `lru-cache`. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  htmlparser2: ['simple'],
  '@renovatebot/pep440': ['simple'],
  undici: ['upstream'],
  keyv: ['store'],
  hono: ['http', 'pages'],
  '@hono/node-server': ['http'],
  zod: ['config'],
  'jsonc-parser': ['config'],
  'lru-cache': Object.keys(MAY_IMPORT),
}

interface Import {
  /** Both relative to `src`. */
  readonly from: string
  readonly to: string
  readonly isType: boolean
}

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((each) => each.isFile() && each.name.endsWith('.ts'))
  .map((each) => relative(SRC, join(each.parentPath, each.name)))

const statements = files.flatMap((from) =>
  readFileSync(join(SRC, from), 'utf8')
    .matchAll(
      /^(?:import|export)(?<type> type)?(?: [^'"]*?)?from '(?<to>[^']+)'|import\('(?<lazy>[^']+)'\)|^import '(?<bare>[^']+)'/gm,
    )
    .map(({ groups = {} }) => ({
      from,
      to: groups['to'] ?? groups['lazy'] ?? groups['bare'] ?? '',
      isType: groups['type'] !== undefined,
    }))
    .toArray(),
)

const imports: readonly Import[] = statements
  .filter(({ to }) => to.startsWith('.'))
  .map(({ from, to, isType }) => ({ from, to: join(dirname(from), to), isType }))

const packages = statements.filter(({ to }) => !to.startsWith('.') && !to.startsWith('node:'))

const folderOf = (file: string) => file.split('/')[0] ?? ''
/** undefined: of no kind, so that all may know it. */
const storeKindOf = (file: string) => STORE_KINDS.find((kind) => file.startsWith(`store/${kind}-`))
const say = ({ from, to }: { from: string; to: string }) => `${from} -> ${to}`

describe('the code', () => {
  it('has no folder that the table does not know', () => {
    expect(new Set(files.map(folderOf))).toEqual(new Set(Object.keys(MAY_IMPORT)))
  })

  it('imports downwards only', () => {
    const upwards = imports.filter(
      ({ from, to }) => folderOf(from) !== folderOf(to) && !MAY_IMPORT[folderOf(from)]?.includes(folderOf(to)),
    )
    expect(upwards.map(say)).toEqual([])
  })

  it('has a table that itself points downwards', () => {
    const order = Object.keys(MAY_IMPORT)
    const upwards = Object.entries(MAY_IMPORT).flatMap(([from, all]) =>
      all.filter((to) => order.indexOf(to) >= order.indexOf(from)).map((to) => say({ from, to })),
    )
    expect(upwards).toEqual([])
  })

  it('knows of an upstream only types where the rules file is read', () => {
    expect(
      imports
        .filter(({ from, to, isType }) => folderOf(from) === 'config' && folderOf(to) === 'upstream' && !isType)
        .map(say),
    ).toEqual([])
  })

  it.each(Object.entries(SIBLINGS))('keeps the files of %s apart', (folder, shared) => {
    const among = imports.filter(
      ({ from, to }) => dirname(from) === folder && dirname(to) === folder && !shared.includes(basename(to)),
    )
    expect(among.map(say)).toEqual([])
  })

  it('keeps the kinds of stores apart', () => {
    const among = imports
      .filter(({ from }) => storeKindOf(from) !== undefined)
      .filter(({ from, to }) => storeKindOf(to) !== undefined && storeKindOf(from) !== storeKindOf(to))
      .map(({ from, to }) => say({ from: basename(from), to: basename(to) }))
    expect(among).toEqual(STORE_EXCEPTIONS)
  })

  it('has no circle of imports', () => {
    expect(circleIn(imports)).toBeUndefined()
  })

  it('uses a package only where the package belongs', () => {
    const astray = packages.filter(({ from, to }) => !PACKAGES[packageOf(to)]?.includes(folderOf(from)))
    expect(astray.map(say)).toEqual([])
  })
})

/** `hono/html` is in `hono`, `@hono/node-server/x` in `@hono/node-server`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** The files of one circle, in the order in which they import each other. */
function circleIn(all: readonly Import[]): readonly string[] | undefined {
  const next = Map.groupBy(all, ({ from }) => from)
  const done = new Set<string>()
  function walk(file: string, path: readonly string[]): readonly string[] | undefined {
    const start = path.indexOf(file)
    if (start !== -1) return path.slice(start)
    if (done.has(file)) return undefined
    for (const { to } of next.get(file) ?? []) {
      const circle = walk(to, [...path, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of next.keys()) {
    const circle = walk(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}
