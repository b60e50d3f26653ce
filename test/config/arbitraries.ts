/** Values that look like rules files: right keys in right places, with values that may be anything. */
import * as fc from 'fast-check'
import { partialRule, partialUpstream } from '../../src/config/schema.ts'

const name = fc.constantFrom(
  'pypi',
  'corp',
  'a',
  'b-*',
  '*',
  'acme',
  'acme-*',
  '__proto__',
  'constructor',
  '',
  'Ä',
  'x'.repeat(300),
)
const scalar = fc.oneof(
  name,
  fc.boolean(),
  fc.constantFrom(
    'https://a.example/simple/',
    'http://u:p@b.example',
    '10s',
    '3d',
    'by-file',
    'by-version',
    'first-index',
  ),
  fc.constantFrom('keep', 'redirect', 'netrc', 'anyone', '<3', '*.whl', 'json', null),
  fc.integer({ min: 399, max: 500 }),
  fc.string(),
)
const anything = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(fc.oneof(name, fc.constantFrom('env', 'file', 'exec', 'username', 'password', 'token')), scalar, {
    maxKeys: 4,
  }),
)

function object(keys: readonly string[], inner: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<unknown> {
  const entries = keys.map((key): [string, fc.Arbitrary<unknown>] => [key, inner[key] ?? anything])
  return fc.record(Object.fromEntries(entries), { requiredKeys: [] })
}

const upstream = object(Object.keys(partialUpstream.shape).concat('mirrors', 'cooldown'))
const rule = object(Object.keys(partialRule.shape).concat('cooldown'))
const index = object(['upstreams', 'rules', 'expect', 'clients'], {
  rules: fc.array(rule, { maxLength: 4 }),
  upstreams: fc.array(name, { maxLength: 3 }),
})

const indexName = fc.oneof(fc.constant('default'), name)

/** From a whole file to whatever JSON holds. */
export const rulesLike: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 5,
    arbitrary: object(['$schema', 'upstreams', 'indexes', 'hosts', 'servedAt'], {
      upstreams: fc.dictionary(name, upstream, { maxKeys: 4 }),
      indexes: fc.dictionary(indexName, index, { maxKeys: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
)
