import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atOnce } from '../../src/pace/steps.ts'
import type { Part } from '../../src/merge/decide.ts'
import { NO_FACTS, NO_KNOWN_HASHES, type KnownHashes } from '../../src/merge/facts.ts'
import { merge } from '../../src/merge/merge.ts'
import { planFor } from '../../src/merge/plan.ts'
import type { Rule, Strategy } from '../../src/merge/policy.ts'
import { sayVerdict } from '../../src/merge/verdict.ts'
import { file, index, mergeFacts, name, page, policy, rule, sha, upstream } from '../support/build.ts'

const upstreams = [upstream('high'), upstream('low'), upstream('loose', { mutable: true })]

function mergeOf(parts: Part[], options: { strategy?: Strategy; rules?: Rule[]; known?: KnownHashes } = {}) {
  const { strategy = 'by-file', rules = [], known = NO_KNOWN_HASHES } = options
  const asked = index(
    parts.map((part) => part.upstream),
    [rule({ projects: ['x'], strategy }), ...rules],
  )
  const plan = planFor(policy(upstreams, asked), asked, name('x'), NO_FACTS)
  if (plan.kind !== 'ask') throw new Error(plan.kind)
  return atOnce(merge(plan, parts, new Map(upstreams.map((each) => [each.name, each])), mergeFacts({ known })))
}

const part = (
  upstreamName: string,
  ...args: [files: Parameters<typeof page>[2], more?: Parameters<typeof page>[3]]
): Part => ({
  upstream: upstreamName,
  page: page(upstreamName, 'x', ...args),
})
const served = ({ page: { files } }: ReturnType<typeof mergeOf>) =>
  files.map((each) => `${each.upstream}:${each.filename}`)
const hidden = ({ hidden: files }: ReturnType<typeof mergeOf>) =>
  files.map((each) => `${each.file.upstream}:${each.file.filename}:${each.verdict.kind}`)

describe('by-file', () => {
  it('is the union, and for one filename the highest wins whole', () => {
    const result = mergeOf([part('high', ['x-1.0.tar.gz']), part('low', ['x-1.0.tar.gz', 'x-1.0-py3-none-any.whl'])])
    expect(served(result)).toEqual(['low:x-1.0-py3-none-any.whl', 'high:x-1.0.tar.gz'])
    expect(hidden(result)).toEqual(['low:x-1.0.tar.gz:outranked'])
  })

  it('other content under the same name is a conflict', () => {
    const other = file('low', 'x-1.0.tar.gz', { hashes: { sha256: sha('other') } })
    const [only] = mergeOf([part('high', ['x-1.0.tar.gz']), part('low', [other])]).hidden
    expect(only?.verdict).toEqual({ kind: 'outranked', by: 'high', conflict: true })
  })

  it('what the winner does not say is filled in from a twin of proved identity, but never its companions', () => {
    const winner = file('high', 'x-1.0.tar.gz', { hashes: { sha512: 'ab' } })
    const twin = file('low', 'x-1.0.tar.gz', {
      hashes: { sha256: sha('x'), sha512: 'ab' },
      size: 7,
      uploadTime: '2024-01-02T03:04:05Z',
      requiresPython: '>=3.9',
      coreMetadata: true,
      gpgSig: true,
    })
    const [filled] = mergeOf([part('high', [winner]), part('low', [twin])]).page.files
    expect(filled).toEqual({
      ...winner,
      hashes: { sha256: sha('x'), sha512: 'ab' },
      size: 7,
      uploadTime: '2024-01-02T03:04:05Z',
      requiresPython: '>=3.9',
    })
  })

  it('md5 proves nothing, so nothing is filled in', () => {
    const winner = file('high', 'x-1.0.tar.gz', { hashes: { md5: 'ab' } })
    const twin = file('low', 'x-1.0.tar.gz', { hashes: { md5: 'ab', sha256: sha('x') }, size: 7 })
    expect(mergeOf([part('high', [winner]), part('low', [twin])]).page.files).toEqual([winner])
  })
})

describe('variants of wheels', () => {
  const LABELLED = 'x-1.0-py3-none-any-cpu.whl'

  it('come from the highest that has some of the version, as PEP 440 compares versions', () => {
    const result = mergeOf([
      part('high', ['x-1.0-variants.json', 'x-2.0.tar.gz']),
      part('low', [LABELLED, 'x-1.0.0-py3-none-any-cpu.whl', 'x-1.0.tar.gz', 'x-2.0-py3-none-any-cpu.whl']),
    ])
    expect(served(result)).toEqual([
      'high:x-1.0-variants.json',
      'low:x-1.0.tar.gz',
      'low:x-2.0-py3-none-any-cpu.whl',
      'high:x-2.0.tar.gz',
    ])
    expect(hidden(result)).toEqual([`low:${LABELLED}:outranked`, 'low:x-1.0.0-py3-none-any-cpu.whl:outranked'])
  })

  it('hiding those of one upstream never lets those of another take their place', () => {
    const result = mergeOf([part('high', [LABELLED]), part('low', ['x-1.0-py3-none-any-cu128.whl'])], {
      rules: [rule({ projects: ['x'], files: ['!*-cpu.whl'] })],
    })
    expect(served(result)).toEqual([])
  })

  it('their JSON may change although it was delivered, and is no conflict', () => {
    const known: KnownHashes = { of: () => new Map([['x-1.0-variants.json', [sha('delivered')]]]) }
    const other = file('low', 'x-1.0-variants.json', { hashes: { sha256: sha('other') } })
    const result = mergeOf([part('high', ['x-1.0-variants.json']), part('low', [other])], { known })
    expect(served(result)).toEqual(['high:x-1.0-variants.json'])
    expect(result.hidden[0]?.verdict).toEqual({ kind: 'outranked', by: 'high', conflict: false })
  })
})

describe('by-version', () => {
  it('each version belongs whole to the highest that has it, as PEP 440 compares versions', () => {
    const result = mergeOf(
      [part('high', ['x-1.0.tar.gz']), part('low', ['x-1.0.0-py3-none-any.whl', 'x-2.0-py3-none-any.whl'])],
      {
        strategy: 'by-version',
      },
    )
    expect(served(result)).toEqual(['high:x-1.0.tar.gz', 'low:x-2.0-py3-none-any.whl'])
    expect(hidden(result)).toEqual(['low:x-1.0.0-py3-none-any.whl:outranked'])
  })

  it('a local version is a version of its own', () => {
    const result = mergeOf([part('high', ['x-1.0+cpu-py3-none-any.whl']), part('low', ['x-1.0-py3-none-any.whl'])], {
      strategy: 'by-version',
    })
    expect(result.page.versions).toEqual(['1.0', '1.0+cpu'])
  })
})

describe('rules', () => {
  it('hiding never lets a lower file take the place', () => {
    const parts = [part('high', ['x-1.0.tar.gz']), part('low', ['x-1.0.tar.gz', 'x-2.0.tar.gz'])]
    const result = mergeOf(parts, { rules: [rule({ projects: ['x'], versions: '>1' })] })
    expect(served(result)).toEqual(['low:x-2.0.tar.gz'])
    expect(hidden(result)).toEqual(['low:x-1.0.tar.gz:outranked', 'high:x-1.0.tar.gz:rule'])
  })

  it('versions, files and yanked hide, with the rule and its line', () => {
    const yanked = file('high', 'x-1.2.tar.gz', { yanked: 'broken' })
    const result = mergeOf([part('high', ['x-1.0.tar.gz', 'x-3.0.tar.gz', 'x-1.1.zip', yanked])], {
      rules: [rule({ projects: ['x'], versions: '<3', files: ['*.tar.gz'], yanked: 'hide' })],
    })
    expect(served(result)).toEqual(['high:x-1.0.tar.gz'])
    expect(result.hidden.map(sayVerdict)).toEqual([
      'x-1.1.zip of upstream high is hidden by the rule files: *.tar.gz (merge-rules.json:1)',
      'x-1.2.tar.gz of upstream high is hidden by the rule yanked: hide (merge-rules.json:1)',
      'x-3.0.tar.gz of upstream high is hidden by the rule versions: <3 (merge-rules.json:1)',
    ])
  })

  it('a file outside filesAt is hidden, with what to add', () => {
    const elsewhere = file('high', 'x-1.0.tar.gz', { url: 'https://cdn.example/x-1.0.tar.gz' })
    const [only] = mergeOf([part('high', [elsewhere])]).hidden
    expect(only && sayVerdict(only)).toContain('add "https://cdn.example/"')
  })

  it('versions are those of the files that are served, in the spelling of their upstream', () => {
    const result = mergeOf([part('high', ['x-1.0.tar.gz', 'x-2.0.tar.gz'], { versions: ['1', '0.5', '2.0'] })], {
      rules: [rule({ projects: ['x'], versions: '<2' })],
    })
    expect(result.page.versions).toEqual(['1'])
  })
})

describe('what was delivered', () => {
  const known: KnownHashes = { of: () => new Map([['x-1.0.tar.gz', [sha('delivered')]]]) }

  it('a file whose hash changed since is withheld', () => {
    expect(hidden(mergeOf([part('high', ['x-1.0.tar.gz', 'x-2.0.tar.gz'])], { known }))).toEqual([
      'high:x-1.0.tar.gz:changed',
    ])
  })
  it('a hash that is dropped counts as changed', () => {
    expect(hidden(mergeOf([part('high', [file('high', 'x-1.0.tar.gz', { hashes: {} })])], { known }))).toEqual([
      'high:x-1.0.tar.gz:changed',
    ])
  })
  it('a mutable upstream may change its files', () => {
    expect(served(mergeOf([part('loose', ['x-1.0.tar.gz'])], { known }))).toEqual(['loose:x-1.0.tar.gz'])
  })
})

describe('status', () => {
  it('quarantine at any upstream that takes part withholds the project', () => {
    const result = mergeOf([
      part('high', ['x-1.0.tar.gz']),
      part('low', [], { status: { status: 'quarantined', reason: 'malware' } }),
    ])
    expect(result.page).toEqual({
      name: 'x',
      files: [],
      versions: [],
      status: { status: 'quarantined', reason: 'malware' },
    })
    expect(hidden(result)).toEqual(['high:x-1.0.tar.gz:quarantined'])
  })
  it('is otherwise that of the highest upstream', () => {
    const result = mergeOf([
      part('high', ['x-1.0.tar.gz'], { status: { status: 'archived', reason: 'r' } }),
      part('low', [], { status: { status: 'active' } }),
    ])
    expect(result.page.status).toEqual({ status: 'archived', reason: 'r' })
  })
})

describe('for any pages', () => {
  const filename = fc.constantFrom(
    'x-1.0.tar.gz',
    'x-1.0.0.zip',
    'x-1.0-py3-none-any.whl',
    'x-2.0.tar.gz',
    'x-2.0rc1.tar.gz',
    'x-3.0+local.tar.gz',
    'x-1.0-variants.json',
    'x-1.0-py3-none-any-cpu.whl',
    'x-1.0.0-py3-none-any-null.whl',
  )
  const files = (upstreamName: string) =>
    fc
      .uniqueArray(fc.tuple(filename, fc.constantFrom('a', 'b')), { selector: ([each]) => each })
      .map((all) => all.map(([each, hash]) => file(upstreamName, each, { hashes: { sha256: sha(hash) } })))
  const strategy = fc.constantFrom<Strategy>('by-version', 'by-file')
  const rules = fc.constantFrom<Rule[]>(
    [],
    [rule({ projects: ['x'], versions: '<2' })],
    [rule({ projects: ['x'], files: ['!*.whl'] })],
  )

  it('the order of a page’s entries does not matter', () => {
    fc.assert(
      fc.property(files('high'), files('low'), strategy, rules, (high, low, chosen, hiding) => {
        const [there, back] = [
          [part('high', high), part('low', low)],
          [part('high', high.toReversed()), part('low', low.toReversed())],
        ]
        expect(mergeOf(back, { strategy: chosen, rules: hiding }).page).toEqual(
          mergeOf(there, { strategy: chosen, rules: hiding }).page,
        )
      }),
    )
  })
  it('adding a lower upstream never changes which of the higher one’s files are served', () => {
    fc.assert(
      fc.property(files('high'), files('low'), strategy, rules, (high, low, chosen, hiding) => {
        const alone = served(mergeOf([part('high', high)], { strategy: chosen, rules: hiding }))
        const both = served(mergeOf([part('high', high), part('low', low)], { strategy: chosen, rules: hiding }))
        expect(both.filter((each) => each.startsWith('high:'))).toEqual(alone)
      }),
    )
  })
  it('hiding never promotes: whatever a rule leaves was there without it', () => {
    fc.assert(
      fc.property(files('high'), files('low'), strategy, rules, (high, low, chosen, hiding) => {
        const parts = [part('high', high), part('low', low)]
        const all = new Set(served(mergeOf(parts, { strategy: chosen })))
        expect(served(mergeOf(parts, { strategy: chosen, rules: hiding })).every((each) => all.has(each))).toBe(true)
      }),
    )
  })
  it('a filename is served once, and every file is served or has a verdict', () => {
    fc.assert(
      fc.property(files('high'), files('low'), strategy, rules, (high, low, chosen, hiding) => {
        const result = mergeOf([part('high', high), part('low', low)], { strategy: chosen, rules: hiding })
        const names = result.page.files.map((each) => each.filename)
        expect(new Set(names).size).toBe(names.length)
        expect(result.page.files.length + result.hidden.length).toBe(high.length + low.length)
      }),
    )
  })
})
