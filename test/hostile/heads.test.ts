import { HEADS, REDIRECTS, STATUSES } from './faults/heads.ts'
import { meetFaults } from './run-rows.ts'

meetFaults('statuses', STATUSES)
meetFaults('redirects', REDIRECTS)
meetFaults('faults of the head', HEADS)
