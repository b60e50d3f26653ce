/** What every state promises, as a suite that each of them passes. */
import { describe, expect, test } from 'vitest'
import { nameList } from '../../src/simple/name-list.ts'
import { type ProjectName, parseName } from '../../src/simple/name.ts'
import type { State } from '../../src/store/state.ts'

/** The name, which must be a valid one. */
export function project(text: string): ProjectName {
  const name = parseName(text)
  if (name === undefined) throw new TypeError(`"${text}" is no project name`)
  return name
}

const SECRET_TOOL = project('secret-tool')
const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

/** `make` gives an empty state, and sees to it that it is cleared away. */
export function describeState(name: string, make: () => State): void {
  describe(`${name} as a state`, () => {
    test('remembers who served a name first', () => {
      const state = make()
      expect(state.ownersOf(SECRET_TOOL)).toEqual([])
      state.own('zeta', SECRET_TOOL)
      state.own('corp', SECRET_TOOL)
      state.own('zeta', SECRET_TOOL)
      expect(state.ownersOf(SECRET_TOOL)).toEqual(['zeta', 'corp'])
    })

    test('lets a name go, and says who held it', () => {
      const state = make()
      state.own('zeta', SECRET_TOOL)
      state.own('corp', SECRET_TOOL)
      state.own('corp', project('other'))
      expect(state.forget(SECRET_TOOL)).toEqual(['zeta', 'corp'])
      expect(state.forget(SECRET_TOOL)).toEqual([])
      expect(state.ownersOf(SECRET_TOOL)).toEqual([])
      expect(state.ownersOf(project('other'))).toEqual(['corp'])
    })

    test('takes a name that is let go out of the kept lists', () => {
      const state = make()
      const before = state.generation()
      state.keepList('corp', { names: nameList([project('a'), SECRET_TOOL, project('secret-tool-2')]), checkedAt: 1 })
      expect(state.forget(SECRET_TOOL)).toEqual(['corp'])
      expect(state.listOf('corp')?.names.bytes.toString()).toBe('a\nsecret-tool-2\n')
      expect(state.generation()).toBeGreaterThan(before + 1)
    })

    test('remembers when a file came, and takes the files of the first time for old ones', () => {
      const state = make()
      const before = state.generation()
      expect(state.firstSeen('corp', SECRET_TOOL)).toEqual(new Map())
      state.see('corp', SECRET_TOOL, ['a-1', 'a-2'], 5)
      state.see('corp', SECRET_TOOL, ['a-2', 'a-3'], 7)
      state.see('corp', SECRET_TOOL, ['a-3'], 9)
      state.see('zeta', SECRET_TOOL, ['a-3'], 9)
      const seen = state.firstSeen('corp', SECRET_TOOL)
      expect(['a-1', 'a-2', 'a-3', 'a-4'].map((each) => seen.get(each))).toEqual([0, 0, 7, undefined])
      expect(state.firstSeen('zeta', SECRET_TOOL).get('a-3')).toBe(0)
      expect(state.generation()).toBe(before)
    })

    test('takes the first file of a project that had none for a new one', () => {
      const state = make()
      state.see('corp', SECRET_TOOL, [], 5)
      state.see('corp', SECRET_TOOL, ['a-1'], 7)
      expect(state.firstSeen('corp', SECRET_TOOL).get('a-1')).toBe(7)
    })

    test('remembers from when on a project must be asked for again', () => {
      const state = make()
      expect(state.refreshedAt(SECRET_TOOL)).toBeUndefined()
      const before = state.generation()
      state.refresh(SECRET_TOOL, 5)
      state.refresh(SECRET_TOOL, 7)
      expect([state.refreshedAt(SECRET_TOOL), state.refreshedAt(project('other'))]).toEqual([7, undefined])
      expect(state.generation()).toBeGreaterThan(before)
    })

    test('takes a name again that was let go', () => {
      const state = make()
      state.own('corp', SECRET_TOOL)
      state.forget(SECRET_TOOL)
      state.own('corp', SECRET_TOOL)
      expect(state.ownersOf(SECRET_TOOL)).toEqual(['corp'])
    })

    test('names every upstream that owns something, once', () => {
      const state = make()
      expect(state.owners()).toEqual([])
      state.own('corp', SECRET_TOOL)
      state.own('corp', project('other'))
      state.own('zeta', project('third'))
      expect(state.owners().toSorted()).toEqual(['corp', 'zeta'])
    })

    test('names every upstream whose list is kept', () => {
      const state = make()
      expect(state.listed()).toEqual([])
      state.keepList('zeta', { names: nameList([SECRET_TOOL]), checkedAt: 1 })
      state.keepList('corp', { names: nameList([]), checkedAt: 1 })
      expect(state.listed().toSorted()).toEqual(['corp', 'zeta'])
    })

    test('owns names that are words of JavaScript like any others', () => {
      const state = make()
      expect(state.ownersOf(project('constructor'))).toEqual([])
      state.own('corp', project('constructor'))
      state.served('corp', project('constructor'), '__proto__', A)
      expect(state.ownersOf(project('constructor'))).toEqual(['corp'])
      expect([...state.servedHashes('corp', project('constructor'))]).toEqual([['__proto__', [A]]])
    })

    test('keeps the list of a private upstream', () => {
      const state = make()
      expect(state.listOf('corp')).toBeUndefined()
      state.keepList('corp', { names: nameList([SECRET_TOOL, project('other')]), checkedAt: 1000 })
      const list = state.listOf('corp')
      expect(list?.checkedAt).toBe(1000)
      expect(list?.names.count).toBe(2)
      expect(list?.names.has(SECRET_TOOL)).toBe(true)
      expect(list?.names.has(project('third'))).toBe(false)
      expect(state.listOf('zeta')).toBeUndefined()
    })

    test('keeps the later of two lists, whichever comes last', () => {
      const state = make()
      state.keepList('corp', { names: nameList([SECRET_TOOL]), checkedAt: 2000 })
      state.keepList('corp', { names: nameList([]), checkedAt: 1000 })
      expect(state.listOf('corp')?.names.count).toBe(1)
      state.keepList('corp', { names: nameList([]), checkedAt: 3000 })
      expect(state.listOf('corp')?.names.count).toBe(0)
      expect(state.listOf('corp')?.checkedAt).toBe(3000)
    })

    test('remembers the bytes that were delivered first', () => {
      const state = make()
      state.served('corp', SECRET_TOOL, 'secret_tool-1-py3-none-any.whl', B)
      state.served('corp', SECRET_TOOL, 'secret_tool-2-py3-none-any.whl', A)
      state.served('zeta', SECRET_TOOL, 'secret_tool-3-py3-none-any.whl', A)
      expect([...state.servedHashes('corp', SECRET_TOOL)]).toEqual([
        ['secret_tool-1-py3-none-any.whl', [B]],
        ['secret_tool-2-py3-none-any.whl', [A]],
      ])
      expect([...state.servedHashes('corp', project('other'))]).toEqual([])
    })

    test('delivering other bytes is no acceptance: nothing is added, and the file is looked at again', () => {
      const state = make()
      state.served('corp', SECRET_TOOL, 'a.whl', B)
      const before = state.generation()
      state.served('corp', SECRET_TOOL, 'a.whl', A)
      expect(state.servedHashes('corp', SECRET_TOOL).get('a.whl')).toEqual([B])
      expect(state.generation()).toBeGreaterThan(before)
    })

    test('remembers many deliveries at once as it does one after the other', () => {
      const state = make()
      const before = state.generation()
      const delivery = { upstream: 'corp', project: SECRET_TOOL, filename: 'a.whl', sha256: A }
      state.servedAll([delivery, delivery, { ...delivery, filename: 'b.whl' }, { ...delivery, upstream: 'zeta' }])
      expect(state.generation()).toBe(before)
      state.servedAll([
        { ...delivery, filename: 'c.whl' },
        { ...delivery, filename: 'c.whl', sha256: B },
      ])
      expect(state.generation()).toBeGreaterThan(before)
      expect([...state.servedHashes('corp', SECRET_TOOL)]).toEqual([
        ['a.whl', [A]],
        ['b.whl', [A]],
        ['c.whl', [A]],
      ])
      expect([...state.servedHashes('zeta', SECRET_TOOL)]).toEqual([['a.whl', [A]]])
    })

    test('an operator accepts further bytes, which are known from then on', () => {
      const state = make()
      state.served('corp', SECRET_TOOL, 'a.whl', B)
      const before = state.generation()
      state.accept('corp', SECRET_TOOL, 'a.whl', A)
      state.accept('corp', SECRET_TOOL, 'a.whl', A)
      expect(state.servedHashes('corp', SECRET_TOOL).get('a.whl')).toEqual([B, A])
      expect(state.generation()).toBeGreaterThan(before)
    })

    const FOUND = { upstream: 'corp', project: SECRET_TOOL, filename: 'a.whl', content: '', size: 7 }
    const known = (state: State, key = ' a.whl') => state.learned('corp', SECRET_TOOL).get(key)

    test('remembers what was heard of a file, until more is heard, and what passed for good', () => {
      const state = make()
      expect(known(state)).toBeUndefined()
      state.learn([FOUND])
      state.learn([{ ...FOUND, size: 8 }])
      expect(known(state)).toEqual({ size: 8 })
      state.learn([{ ...FOUND, sha256: A }])
      state.learn([{ ...FOUND, size: 9 }])
      expect(known(state)).toEqual({ size: 7, sha256: A })
      expect(known(state, 'md5=1 a.whl')).toBeUndefined()
    })

    test('counts what passed of a file without a hash as delivered, and nothing else', () => {
      const state = make()
      state.learn([
        { ...FOUND, sha256: A },
        { ...FOUND, filename: 'b.whl' },
      ])
      state.learn([{ ...FOUND, filename: 'c.whl', content: 'md5=1', sha256: A }])
      expect([...state.servedHashes('corp', SECRET_TOOL)]).toEqual([['a.whl', [A]]])
    })

    test('remembers that other bytes came, until they are accepted or the first ones come again', () => {
      const state = make()
      state.learn([{ ...FOUND, sha256: A }])
      state.publish('corp', SECRET_TOOL, ['a.whl', 'unknown.whl'])
      state.learn([{ ...FOUND, size: 8, sha256: B }])
      expect(known(state)).toEqual({ size: 7, sha256: A, otherSha256: B, isPublished: true })
      state.learn([{ ...FOUND, sha256: A }])
      expect(known(state)).toEqual({ size: 7, sha256: A, isPublished: true })
      state.learn([{ ...FOUND, size: 8, sha256: B }])
      state.accept('corp', SECRET_TOOL, 'a.whl', B)
      expect(known(state)).toEqual({ sha256: B, isPublished: true })
      expect(state.servedHashes('corp', SECRET_TOOL).get('a.whl')).toEqual([A, B])
      expect(state.learned('corp', SECRET_TOOL).size).toBe(1)
    })

    test('what is learned makes old what was derived, once', () => {
      const state = make()
      const seen = [state.generation()]
      for (const finding of [FOUND, { ...FOUND, sha256: A }, { ...FOUND, sha256: B }]) {
        state.learn([finding])
        seen.push(state.generation())
        state.learn([finding])
        expect(state.generation()).toBe(seen.at(-1))
      }
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
      state.publish('corp', SECRET_TOOL, ['a.whl'])
      expect(state.generation()).toBe(seen.at(-1))
    })

    test('a list that its upstream does not have any more stays, and is as old as can be', () => {
      const state = make()
      state.keepList('corp', { names: nameList([SECRET_TOOL]), checkedAt: 2000 })
      state.keepList('corp', { names: nameList([SECRET_TOOL]), checkedAt: 0 })
      expect([state.listOf('corp')?.names.count, state.listOf('corp')?.checkedAt]).toEqual([1, 0])
    })

    test('tells by its generation that facts came, changed or went', () => {
      const state = make()
      const seen = [state.generation()]
      const steps = [
        () => state.own('corp', SECRET_TOOL),
        () => state.forget(SECRET_TOOL),
        () => state.keepList('corp', { names: nameList([]), checkedAt: 1 }),
        () => state.keepList('corp', { names: nameList([SECRET_TOOL]), checkedAt: 2 }),
        () => {
          state.served('corp', SECRET_TOOL, 'a.whl', A)
          state.served('corp', SECRET_TOOL, 'a.whl', B)
        },
      ]
      for (const step of steps) {
        step()
        seen.push(state.generation())
      }
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
    })

    test('does not make what was derived old where no answer can change', () => {
      const state = make()
      state.own('corp', SECRET_TOOL)
      state.keepList('corp', { names: nameList([SECRET_TOOL]), checkedAt: 1 })
      const before = state.generation()
      state.own('corp', SECRET_TOOL)
      state.forget(project('other'))
      state.keepList('corp', { names: nameList([SECRET_TOOL]), checkedAt: 2 })
      state.served('corp', SECRET_TOOL, 'a.whl', A)
      state.served('corp', SECRET_TOOL, 'a.whl', A)
      expect(state.generation()).toBe(before)
      expect(state.listOf('corp')?.checkedAt).toBe(2)
    })
  })
}
