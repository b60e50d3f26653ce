/** Disks that tests may fill: small file systems in memory, of so many bytes or so many files. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemCode } from '../../src/store/failures.ts'

export interface DiskOptions {
  readonly bytes?: number
  /** Files and folders that it can hold. */
  readonly inodes?: number
}

/** Mounts a disk at `folder`, which is made, until the test is over. */
export function mountDisk(folder: string, { bytes = 16_000_000, inodes }: DiskOptions): void {
  mkdirSync(folder, { recursive: true })
  const options = [`size=${bytes}`, ...(inodes === undefined ? [] : [`nr_inodes=${inodes}`])].join(',')
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
  onTestFinished(() => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }))
}

/** Writes to the disk until it takes not one byte more. The function that comes back makes room again. */
export function fillDisk(folder: string): () => void {
  const path = join(folder, 'filler')
  const file = openSync(path, 'wx')
  for (const size of [65_536, 4096, 1]) untilFull(() => void writeSync(file, Buffer.alloc(size)))
  closeSync(file)
  return () => rmSync(path)
}

/** Makes files until the disk takes no more. The function that comes back makes room again. */
export function useUpInodes(folder: string): () => void {
  const fillers = join(folder, 'fillers')
  mkdirSync(fillers)
  let count = 0
  untilFull(() => {
    closeSync(openSync(join(fillers, String(count)), 'wx'))
    count += 1
  })
  return () => rmSync(fillers, { recursive: true })
}

function untilFull(take: () => void): void {
  try {
    for (;;) take()
  } catch (error) {
    if (systemCode(error) !== 'ENOSPC') throw error
  }
}
