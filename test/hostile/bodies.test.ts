import { BODIES } from './faults/bodies.ts'
import { meetFaults } from './run-rows.ts'

meetFaults('faults of the body', BODIES)
