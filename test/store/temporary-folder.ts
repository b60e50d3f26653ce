/** A folder of its own for a test, gone when the test is over. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'unidex-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Whether this machine lets us mount: only then can a disk be full or read-only for root. */
export function mayMount(): boolean {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'unidex-test-'))
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder)
    execFileSync('umount', [folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A disk of its own for a test, of that size in bytes. */
export function temporaryDisk(bytes: number): string {
  const folder = temporaryFolder()
  mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder)
  onTestFinished(() => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }))
  return folder
}

/** From now on nothing can be written to that disk. */
export function makeReadOnly(disk: string): void {
  // A bind mount of its own: files that are open for writing would keep the disk itself from turning read-only.
  mount('--bind', disk, disk)
  mount('-o', 'remount,ro,bind', disk)
  onTestFinished(() => void execFileSync('umount', ['-l', disk], { stdio: 'ignore' }))
}

function mount(...options: string[]): void {
  execFileSync('mount', options, { stdio: 'ignore' })
}
