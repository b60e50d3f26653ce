/** What a client is asked to do: requirements and the address of an index, in a folder that is its project, its home and its cache. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ended, PROGRAMS, type ProgramName, run, runWell } from './programs.ts'

export interface Task {
  readonly folder: string
  readonly indexUrl: string
  /** e.g. `rich` or `acme-tools==1.0`. */
  readonly wanted: readonly string[]
}

/** Versions by normalized name, with whatever else a lock says behind them. */
export type Chosen = Readonly<Record<string, string>>

/** Runs a client for a task, whatever comes of it. Nothing that it keeps is there before, or outlives the task. */
export function runFor(
  { folder }: Task,
  program: ProgramName,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return run(PROGRAMS[program], words, {
    folder,
    environment: {
      HOME: folder,
      TMPDIR: folder,
      CI: undefined,
      NO_COLOR: '1',
      PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
      ...environment,
    },
  })
}

export function write({ folder }: Task, name: string, lines: readonly string[]): void {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
}

/** A project that is no package, for the Python of the journeys. */
export async function writePyproject(task: Task, further: readonly string[]): Promise<void> {
  const { stdout } = await runWell(PROGRAMS.python, ['-c', SAY_PYTHON])
  write(task, 'pyproject.toml', [
    '[project]',
    'name = "demo"',
    'version = "1.0"',
    `requires-python = "${stdout.trim()}"`,
    `dependencies = ${JSON.stringify(task.wanted)}`,
    ...further,
  ])
}

/** Makes the environment that `program` installs into. */
export async function makeEnvironment({ folder }: Task): Promise<string> {
  const environment = join(folder, '.venv')
  await runWell(PROGRAMS.python, ['-m', 'venv', '--without-pip', environment])
  return environment
}

/** Versions of all that lies below `part` of the task's folder, but of what environments begin with. */
export async function versionsIn({ folder }: Task, part: string): Promise<Chosen> {
  const { stdout } = await runWell(PROGRAMS.python, ['-c', LIST, join(folder, part)])
  return JSON.parse(stdout) as Chosen
}

/** What a TOML file says, as Python reads it. @throws where there is none */
export async function readToml({ folder }: Task, name: string): Promise<unknown> {
  const { stdout } = await runWell(PROGRAMS.python, ['-c', READ_TOML, join(folder, name)])
  return JSON.parse(stdout)
}

const SAY_PYTHON = 'import sys; print(">=3.%d,<3.%d" % (sys.version_info[1], sys.version_info[1] + 1))'

const LIST = `
import json, re, sys
from glob import glob
from importlib.metadata import distributions
folders = glob(sys.argv[1] + "/**/site-packages", recursive=True, include_hidden=True)
all = {re.sub("[-_.]+", "-", each.name).lower(): each.version for each in distributions(path=folders)}
print(json.dumps({name: all[name] for name in sorted(all) if name not in ("pip", "setuptools", "wheel")}))
`

const READ_TOML = `
import json, sys, tomllib
print(json.dumps(tomllib.load(open(sys.argv[1], "rb")), default=str))
`
