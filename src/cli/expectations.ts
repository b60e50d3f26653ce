/** What the rules expect of their upstreams, and what follows where it is not so. */
import type { Unidex } from '../assemble.ts'
import { CheckError, type Config } from '../config/config.ts'
import type { Report } from '../log/report.ts'
import { judgeExpectations } from '../resolve/expectations.ts'

/** For a reload. @throws CheckError where an expectation is broken: then the rules of before stay */
export async function refuseBroken(unidex: Unidex, config: Config, report: Report): Promise<void> {
  const { broken, unsure } = await unidex.judge(config)
  for (const reason of unsure) report('warn', 'expectation_unsure', { reason })
  if (broken.length > 0) throw new CheckError(broken.join('\n'))
}

/** For a start, which waits for nobody: an upstream may be down, and clients have nothing else to ask. */
export async function sayBroken(unidex: Unidex, config: Config, report: Report): Promise<void> {
  const { broken, unsure } = await judgeExpectations(unidex.current().resolver, config.expectations)
  for (const reason of broken) report('error', 'expectation_broken', { reason })
  for (const reason of unsure) report('warn', 'expectation_unsure', { reason })
}
