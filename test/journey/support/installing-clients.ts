/** Clients that install from a list of requirements into an environment, by a pip of their own or as a pip of old. */
import { join } from 'node:path'
import { type Ended, PROGRAMS, type ProgramName } from './programs.ts'
import { type Task, makeEnvironment, runFor, write, writePyproject } from './task.ts'

export interface InstallingClient {
  readonly needs: readonly ProgramName[]
  /** Below the folder of the task. */
  readonly environment: string
  /** Whether a requirement may have hashes behind it. */
  readonly takesHashes: boolean
  install(task: Task): Promise<Ended>
}

export const INSTALLING_CLIENTS = {
  'pip, the newest': { ...pip('python'), needs: ['python'] },
  'pip 22.3.1': { ...pip('pythonOfPip22'), needs: ['pythonOfPip22'] },
  // It cannot install for another Python than its own.
  'pip 19.2.3, the oldest': {
    needs: ['pythonOfOldestPip'],
    environment: 'target',
    takesHashes: true,
    install(task) {
      write(task, 'requirements.txt', task.wanted)
      const words = [
        '-m',
        'pip',
        'install',
        '--target',
        join(task.folder, 'target/site-packages'),
        '--index-url',
        task.indexUrl,
      ]
      return runFor(task, 'pythonOfOldestPip', [...words, '-r', 'requirements.txt'])
    },
  },
  hatch: {
    needs: ['hatch'],
    environment: '.venv',
    takesHashes: false,
    async install(task) {
      await writePyproject(task, [
        '[tool.hatch.envs.default]',
        'skip-install = true',
        'path = ".venv"',
        `dependencies = ${JSON.stringify(task.wanted)}`,
      ])
      return runFor(task, 'hatch', ['env', 'create'], { ...byEnvironment(task), HATCH_PYTHON: PROGRAMS.python })
    },
  },
  tox: {
    needs: ['tox'],
    environment: '.tox',
    takesHashes: true,
    install(task) {
      write(task, 'requirements.txt', task.wanted)
      write(task, 'tox.ini', ['[tox]', 'no_package = true', '[testenv]', 'deps = -r requirements.txt'])
      return runFor(task, 'tox', ['run', '-e', 'py', '--notest'], byEnvironment(task))
    },
  },
  nox: {
    needs: ['nox'],
    environment: '.nox',
    takesHashes: true,
    install(task) {
      write(task, 'requirements.txt', task.wanted)
      write(task, 'noxfile.py', NOXFILE)
      return runFor(task, 'nox', ['--session', 'demo', '--install-only'], byEnvironment(task))
    },
  },
} satisfies Record<string, InstallingClient>

function pip(program: ProgramName): Omit<InstallingClient, 'needs'> {
  return {
    environment: '.venv',
    takesHashes: true,
    async install(task) {
      write(task, 'requirements.txt', task.wanted)
      const environment = await makeEnvironment(task)
      const words = ['-m', 'pip', '--python', environment, 'install', '--index-url', task.indexUrl]
      return runFor(task, program, [...words, '-r', 'requirements.txt'])
    },
  }
}

/** What runs a pip of its own hands this on to it. */
function byEnvironment({ indexUrl }: Task): NodeJS.ProcessEnv {
  return { PIP_INDEX_URL: indexUrl }
}

const NOXFILE = ['import nox', '@nox.session', 'def demo(session):', '    session.install("-r", "requirements.txt")']
