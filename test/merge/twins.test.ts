/** A file that another upstream has too, byte by byte, may be told of by both. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Part } from '../../src/merge/decide.ts'
import { type LearnedFile, NO_FACTS } from '../../src/merge/facts.ts'
import { merge } from '../../src/merge/merge.ts'
import { planFor } from '../../src/merge/plan.ts'
import type { UpstreamPolicy } from '../../src/merge/policy.ts'
import { atOnce } from '../../src/pace/steps.ts'
import { learnedKey } from '../../src/simple/hashes.ts'
import { type Hashes, type ProjectFile, STRONG_HASH_NAMES } from '../../src/simple/model.ts'
import { file, index, mergeFacts, name, page, policy, rule, sha, upstream } from '../support/build.ts'

const WHEEL = 'x-1.0-py3-none-any.whl'

interface Merging {
  /** What is known of the first one's file, if its page says nothing of its content. */
  readonly learned?: LearnedFile
  readonly first?: Pick<UpstreamPolicy, 'uploadTimes'>
}

/** The file that is served, and whether the pages are in conflict; the first of `files` is of the highest upstream. */
function mergeOf(files: readonly Partial<ProjectFile>[], { learned, first = {} }: Merging = {}) {
  const upstreams = files.map((_, i) => upstream(`u${i}`, i === 0 ? first : {}))
  const names = upstreams.map((each) => each.name)
  const asked = index(names, [rule({ projects: ['x'], strategy: 'by-file' })])
  const plan = planFor(policy(upstreams, asked), asked, name('x'), NO_FACTS)
  if (plan.kind !== 'ask') throw new Error(plan.kind)
  const parts: Part[] = files.map((each, i) => ({
    upstream: `u${i}`,
    page: page(`u${i}`, 'x', [file(`u${i}`, WHEEL, each)]),
  }))
  const known = new Map(learned === undefined ? [] : [[learnedKey(WHEEL, ''), learned]])
  const facts = mergeFacts({
    learned: { of: (each) => (each === 'u0' ? known : new Map()) },
    firstSeen: { of: () => new Map([[WHEEL, 1000]]) },
  })
  const { page: served, hidden } = atOnce(
    merge(plan, parts, new Map(upstreams.map((each) => [each.name, each])), facts),
  )
  const isConflict = hidden.some(({ verdict }) => verdict.kind === 'outranked' && verdict.conflict)
  return { served: served.files[0], isConflict, parts }
}

const FIELDS = {
  size: 7,
  uploadTime: '2024-01-02T03:04:05Z',
  requiresPython: '>=3.9',
  provenance: 'https://x.example/p',
}
const COMPANIONS = { coreMetadata: true, gpgSig: true, yanked: 'broken' } as const
const LENT = ['size', 'uploadTime', 'requiresPython', 'provenance'] as const

const digest = fc.constantFrom('aa', 'bb')
const optional = { requiredKeys: [] as [] }
const anyHashes: fc.Arbitrary<Hashes> = fc.record(
  { sha256: digest, sha512: digest, blake2b: digest, sha1: digest, md5: digest },
  optional,
)
const anyFile = fc
  .record(
    {
      size: fc.nat(9),
      uploadTime: fc.constantFrom('2024-01-02T03:04:05Z', '2025-01-02T03:04:05Z'),
      requiresPython: fc.constantFrom('>=3.9', '>=3.10'),
      provenance: fc.constantFrom('https://a.example/', 'https://b.example/'),
      coreMetadata: fc.constantFrom(true, { sha256: 'cc' }),
      gpgSig: fc.boolean(),
      yanked: fc.constantFrom('a', 'b'),
    },
    optional,
  )
  .chain((fields) => fc.record({ fields: fc.constant(fields), hashes: anyHashes }))
  .map(({ fields, hashes }) => Object.assign({}, fields, { hashes }))

describe('a twin', () => {
  it('lends what the winner does not say where a strong hash proves it to be one, and nothing else, ever', () => {
    fc.assert(
      fc.property(anyFile, anyFile, (winner, twin) => {
        const { served, isConflict, parts } = mergeOf([winner, twin])
        const listed = parts[0]?.page.files[0]
        const agree = STRONG_HASH_NAMES.some(
          (each) => winner.hashes[each] !== undefined && winner.hashes[each] === twin.hashes[each],
        )
        const isTwin = agree && !isConflict
        const expected: Record<string, unknown> = { ...listed }
        for (const key of LENT)
          if (isTwin && winner[key] === undefined && twin[key] !== undefined) expected[key] = twin[key]
        if (isTwin && winner.hashes.sha256 === undefined && twin.hashes.sha256 !== undefined)
          expected['hashes'] = { sha256: twin.hashes.sha256, ...winner.hashes }
        expect(served).toEqual(expected)
      }),
    )
  })

  it('is known by the hash that was computed when the file passed', () => {
    const twin = { hashes: { sha256: sha('x') }, ...FIELDS, ...COMPANIONS }
    const { served, parts } = mergeOf([{ hashes: {} }, twin], { learned: { size: 7, sha256: sha('x') } })
    // Published with those of its whole version, or not at all: not because another upstream has it.
    expect(served).toMatchObject({ ...FIELDS, url: parts[0]?.page.files[0]?.url })
    expect(served?.hashes).toEqual({})
    for (const key of Object.keys(COMPANIONS)) expect(served).not.toHaveProperty(key)
  })

  it('of the same name with another content than has passed is a conflict', () => {
    const other = { hashes: { sha256: sha('y') }, ...FIELDS }
    const { served, isConflict } = mergeOf([{ hashes: {} }, other], { learned: { size: 9, sha256: sha('x') } })
    expect([isConflict, served?.size, served?.uploadTime]).toEqual([true, 9, undefined])
  })

  it('lends no time to a file that has the time when it was first seen: the twin may be missing tomorrow', () => {
    const listed = { hashes: { sha256: sha('x') } }
    const { served } = mergeOf([listed, { ...listed, ...FIELDS }], { first: { uploadTimes: 'first-seen' } })
    expect([served?.uploadTime, served?.isFirstSeen, served?.size]).toEqual(['1970-01-01T00:00:01.000Z', true, 7])
  })
})
