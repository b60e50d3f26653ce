/** Clients that lock and install from their lock, each set up as its manual says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, PROGRAMS, type ProgramName } from './programs.ts'
import { type Chosen, type Task, makeEnvironment, readToml, runFor, write, writePyproject } from './task.ts'

export interface LockingClient {
  readonly needs: readonly ProgramName[]
  lock(task: Task): Promise<Ended>
  /** @throws where there is no lock */
  locked(task: Task): Promise<Chosen>
  /** Installs what is locked into `.venv`, with every hash checked. */
  sync(task: Task): Promise<Ended>
}

const OF_POETRY = { POETRY_VIRTUALENVS_IN_PROJECT: 'true', POETRY_KEYRING_ENABLED: 'false' }
const OF_PDM = { PDM_CHECK_UPDATE: 'false', PDM_PYTHON: PROGRAMS.python }
const OF_PIPENV = { PIPENV_VENV_IN_PROJECT: '1', PIPENV_IGNORE_VIRTUALENVS: '1', PIPENV_NOSPIN: '1' }

export const LOCKING_CLIENTS = {
  uv: {
    needs: ['uv'],
    async lock(task) {
      await writePyproject(task, source('tool.uv.index', task, ['name = "unidex"', 'default = true']))
      return runFor(task, 'uv', ['lock', '--python', PROGRAMS.python])
    },
    locked: async (task) => lockedIn(await readToml(task, 'uv.lock')),
    sync: (task) => runFor(task, 'uv', ['sync', '--locked', '--python', PROGRAMS.python]),
  },
  Poetry: {
    needs: ['poetry'],
    async lock(task) {
      await writePyproject(task, [
        '[tool.poetry]',
        'package-mode = false',
        ...source('tool.poetry.source', task, ['name = "unidex"', 'priority = "primary"']),
      ])
      return runFor(task, 'poetry', ['lock', '--no-interaction'], OF_POETRY)
    },
    locked: async (task) => lockedIn(await readToml(task, 'poetry.lock')),
    sync: (task) => runFor(task, 'poetry', ['sync', '--no-interaction'], OF_POETRY),
  },
  PDM: {
    needs: ['pdm'],
    async lock(task) {
      await writePyproject(task, [
        '[tool.pdm]',
        'distribution = false',
        ...source('tool.pdm.source', task, ['name = "pypi"']),
      ])
      return runFor(task, 'pdm', ['lock'], OF_PDM)
    },
    locked: async (task) => lockedIn(await readToml(task, 'pdm.lock')),
    async sync(task) {
      const environment = await makeEnvironment(task)
      return runFor(task, 'pdm', ['sync', '--no-self'], { ...OF_PDM, PDM_PYTHON: join(environment, 'bin/python') })
    },
  },
  pipenv: {
    needs: ['pipenv'],
    lock(task) {
      const packages = task.wanted.map((line) => {
        const [name = '', version] = line.split('==')
        return `${name} = "${version === undefined ? '*' : `==${version}`}"`
      })
      write(task, 'Pipfile', [
        '[[source]]',
        `url = "${task.indexUrl}"`,
        'verify_ssl = true',
        'name = "unidex"',
        '[packages]',
        ...packages,
      ])
      return runFor(task, 'pipenv', ['lock', '--python', PROGRAMS.python], OF_PIPENV)
    },
    async locked({ folder }) {
      const { default: all } = JSON.parse(readFileSync(join(folder, 'Pipfile.lock'), 'utf8')) as PipfileLock
      return Object.fromEntries(
        Object.entries(all).map(([name, { version, ...rest }]) => [name, saying(version.replace('==', ''), rest)]),
      )
    },
    sync: (task) => runFor(task, 'pipenv', ['sync'], OF_PIPENV),
  },
  'pip-tools': {
    needs: ['pipCompile', 'python'],
    lock(task) {
      write(task, 'requirements.in', task.wanted)
      const words = ['--generate-hashes', '--no-header', '--no-annotate', '--no-emit-index-url', '--strip-extras']
      return runFor(task, 'pipCompile', [
        ...words,
        '--index-url',
        task.indexUrl,
        '--output-file',
        'requirements.txt',
        'requirements.in',
      ])
    },
    async locked({ folder }) {
      const text = readFileSync(join(folder, 'requirements.txt'), 'utf8').replaceAll('\\\n', ' ')
      const all: [string, string][] = []
      for (const [, name = '', version = '', hashes = ''] of text.matchAll(/^(\S+)==(\S+)((?: +--hash=\S+)+)/gm))
        all.push([name, saying(version, hashes)])
      return Object.fromEntries(all)
    },
    async sync(task) {
      const environment = await makeEnvironment(task)
      const words = ['-m', 'pip', '--python', environment, 'install', '--require-hashes', '--index-url', task.indexUrl]
      return runFor(task, 'python', [...words, '-r', 'requirements.txt'])
    },
  },
} satisfies Record<string, LockingClient>

/** A table of TOML that says where the index is. */
function source(table: string, { indexUrl }: Task, further: readonly string[]): string[] {
  return [`[[${table}]]`, `url = "${indexUrl}"`, ...further]
}

/** Where a lock says where its index is, which is not the same on purpose. */
const ADDRESSES: ReadonlySet<string> = new Set(['url', 'index', 'source'])

/** All that a lock says of a project, its version first, but for addresses. */
function saying(version: string, rest: unknown): string {
  return `${version} ${JSON.stringify(rest, (key, value: unknown) => (ADDRESSES.has(key) ? undefined : value))}`
}

interface PipfileLock {
  readonly default: Readonly<Record<string, { readonly version: string }>>
}

/** As uv, Poetry and PDM write it. */
interface TomlLock {
  readonly package: readonly { readonly name: string; readonly version: string }[]
}

function lockedIn(lock: unknown): Chosen {
  const all = (lock as TomlLock).package.filter(({ name }) => name !== 'demo')
  return Object.fromEntries(all.map(({ name, version, ...rest }) => [name, saying(version, rest)]))
}
